import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type JsonObject, secretPointers } from '@sluice/connector-specs'
import { type Lab, startLab } from '@sluice/lab'
import { ConnectorError } from '../connector-error.ts'
import type { Launch } from '../launch.ts'
import { bindCollections } from '../protocol/bind-collections.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { authorizeAtLab } from '../testing/authorize-at-lab.ts'
import { withoutPython } from '../testing/python.ts'
import { readToEnd } from '../testing/read-to-end.ts'
import { check, discover, spec, validate } from './operations.ts'
import { read } from './read.ts'

const skip = { skip: withoutPython }
let lab: Lab
let launch: Launch
let config: JsonObject
before(async () => {
  lab = await startLab()
  const { access_token } = await authorizeAtLab(lab, lab.addClient())
  config = { token: access_token, page_size: 20 }
  launch = {
    name: 'lab/devlake',
    command: ['python3', 'main.py'],
    cwd: fileURLToPath(new URL('../../../lab/connectors/devlake-plugin-lab/', import.meta.url)),
    env: { LAB_ORIGIN: lab.origin },
    secrets: [access_token],
  }
})
after(() => (lab as Lab | undefined)?.close())

async function requestFor(wanted: string[]): Promise<CaptureRequest> {
  const found = await discover(launch, config)
  const bindings = bindCollections(found, { resource_path_pointers: ['/scope_id'], prefix: 'lab' }).filter((binding) =>
    wanted.includes(String(binding.resource_config.scope_id)),
  )
  const bound = bindings.map((binding) => ({ ...binding, resource_path: [String(binding.resource_config.scope_id)] }))
  return { name: 'lab/devlake', config, state: {}, bindings: bound }
}

test('plugin-info becomes a spec whose password fields are secret', skip, async () => {
  const { config_schema, resource_path_pointers } = await spec(launch)
  assert.deepEqual(secretPointers(config_schema, config), ['/token'])
  assert.deepEqual(resource_path_pointers, ['/scope_id'])
})

test('a rejected credential, which is no error to the plugin, is refused with its words', skip, async () => {
  await check(launch, config)
  await assert.rejects(check(launch, { token: 'wrong-token' }), (error: unknown) => {
    assert.ok(error instanceof ConnectorError)
    assert.deepEqual([error.code, error.verdict], ['refused', 'reauthorize'])
    assert.match(error.message, /refuses this config: Invalid token/)
    return true
  })
})

test('discovery goes through groups to their scopes', skip, async () => {
  const found = await discover(launch, config)
  assert.deepEqual(
    found.map(({ recommended_name, resource_path }) => [recommended_name, resource_path]),
    [
      ['Customers', ['customers']],
      ['Orders', ['orders']],
    ],
  )
  const { bindings, name } = await requestFor(['orders'])
  assert.deepEqual(await validate(launch, { name, config, bindings }), [{ resource_path: ['orders'] }])
})

test('collect, extract and convert run on one database, whose domain rows are the documents', skip, async () => {
  const request = await requestFor(['customers', 'orders'])
  const result = await readToEnd(read(launch, request))
  assert.equal(result.error, null, result.message)
  const tables = new Set(result.documents.map(({ _meta }) => (_meta as JsonObject).table))
  assert.deepEqual([...tables], ['accounts'])
  assert.match(String(result.documents[0]?.id), /^lab:Record:1:/)
  const checkpoints = result.events.filter(({ type }) => type === 'checkpoint')
  assert.equal(checkpoints.length, 2)
  const bindings = new Set(result.events.flatMap((event) => (event.type === 'document' ? [event.binding] : [])))
  assert.deepEqual([...bindings], [0, 1])
  const counted = result.events.filter((event) => event.type === 'metric').map(({ tags }) => tags.method)
  assert.ok(counted.includes('collect') && counted.includes('convert'))
  assert.ok(result.events.some((event) => event.type === 'log' && /collected \d+ records/.test(event.message)))
})

test('S49 the token of a hosted plugin stands in no command line and no environment', skip, async () => {
  const request = await requestFor(['orders'])
  const token = String(config.token)
  let looked = 0
  for await (const event of read(launch, request)) {
    if (event.type !== 'log') continue
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
      for (const file of ['cmdline', 'environ']) assert.ok(!readText(`/proc/${pid}/${file}`).includes(token), pid)
    }
    looked += 1
  }
  assert.ok(looked > 0)
})

test('a plugin with a start script gets secrets by its command line only where that is allowed', skip, async () => {
  const scripted = { ...launch, command: ['./run.sh'] }
  await assert.rejects(check(scripted, config), /others on this host can read them: allow it by `secretsInArguments/)
  const logs: string[] = []
  const allowed = {
    ...scripted,
    secrets_in_arguments: true,
    onLog: ({ message }: { message: string }) => logs.push(message),
  }
  await check(allowed, config)
  assert.ok(logs.some((message) => /takes its secrets by the command line/.test(message)))
})

test('a method that fails is told with the plugin’s own words, redacted', skip, async () => {
  await assert.rejects(spec({ ...launch, command: ['python3', 'missing.py'] }), (error: unknown) => {
    assert.ok(error instanceof ConnectorError)
    assert.equal(error.code, 'exited')
    assert.match(error.stderr, /missing\.py/)
    return true
  })
})

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
