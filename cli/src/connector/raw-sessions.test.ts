import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Lab, startLab } from '@sluice/lab'
import { answer, CLIENT, type LabSource, startOauth, writeLabSource } from '../testing/lab-source.ts'
import { runSluice, startSluice } from '../testing/run-sluice.ts'

let lab: Lab
let source: LabSource
let credentials: string
let tokens: Record<string, string>
before(async () => {
  lab = await startLab({ rotation: 'always' })
  source = await writeLabSource(lab.origin)
  const attempt = await startOauth(lab, source, ['--show-secrets', '--json'])
  await answer(attempt)
  const { stdout } = await attempt.sluice.ended
  credentials = await source.write('creds.json', stdout)
  const { access_token, refresh_token } = JSON.parse(stdout).credentials
  tokens = { ...CLIENT, access_token, refresh_token }
})
after(async () => {
  await source.remove()
  await lab.close()
})

const raw = (operation: string, ...args: string[]) =>
  runSluice(['raw', operation, '--source', source.path, '--credentials', credentials, ...args])
const lines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

/** A flow.yaml for another connector of the lab. */
async function flowFor(name: string, protocol: string, config: object, more: object = {}): Promise<string> {
  const path = fileURLToPath(new URL(`../../../lab/connectors/${name}/${name}.ts`, import.meta.url))
  const local = { protocol, command: [process.execPath, path], env: { LAB_ORIGIN: lab.origin }, config, ...more }
  return await source.write(`${name}.yaml`, JSON.stringify({ captures: { 'acme/x': { endpoint: { local } } } }))
}

test('raw preview runs its sessions from each other’s state, and prints as flowctl does', async () => {
  const { code, stdout, stderr } = await raw('preview', '--sessions', '1,1', '--output-state', '--output-apply')
  assert.equal(code, 0, stderr)
  const printed = lines(stdout)
  assert.equal(printed.filter(([kind]) => kind === 'applied.actionDescription').length, 2)
  const states = printed.filter(([kind]) => kind === 'connectorState')
  assert.equal(states.length, 2)
  assert.notDeepEqual(states[0][1].updated, states[1][1].updated)
  const ids = printed.filter(([kind]) => kind === 'acme/customers').map(([, { id }]) => id)
  assert.ok(ids.length > 0)
  assert.equal(new Set(ids).size, ids.length)
  assert.match(stderr, /^\d+ documents in 2 transactions$/m)
})

test('raw preview ends well at its --timeout, and --log-json makes each log a JSON line', async () => {
  const { code, stderr } = await raw('preview', '--timeout', '4s', '--log-json')
  assert.equal(code, 0, stderr)
  assert.match(stderr, /; the time is over$/m)
  const logs = stderr.split('\n').filter((line) => line.startsWith('{'))
  assert.ok(logs.length > 0)
  for (const log of logs) assert.deepEqual(Object.keys(JSON.parse(log)), ['ts', 'level', 'message', 'fields'])
})

test('sessions that are no numbers are refused with how to write them', async () => {
  const { code, stderr } = await raw('preview', '--sessions', 'many')
  assert.equal(code, 2)
  assert.match(stderr, /such as 1,3,-1/)
})

test('a capture goes on from the state that the one before saved, even when it was interrupted', async () => {
  const state = join(source.directory, 'state.json')
  const args = ['raw', 'capture', '--source', source.path, '--credentials', credentials]
  const sluice = startSluice([...args, '--save-state', state])
  await sluice.says(/caught up/)
  sluice.child.kill('SIGINT')
  assert.equal((await sluice.ended).code, 130)
  const seen = new Set(lines(sluice.stdout()).map(([, { id }]) => id))
  assert.ok(JSON.parse(await readFile(state, 'utf8')).bindingStateV1)
  const again = startSluice([...args, '--state', state, '--save-state', state])
  await again.says(/caught up/)
  again.child.kill('SIGINT')
  await again.ended
  const anew = again.stdout() === '' ? [] : lines(again.stdout()).filter(([, { id }]) => seen.has(id))
  assert.deepEqual(anew, [])
  const broken = await source.write('broken.json', '[1]')
  const { code, stderr } = await raw('capture', '--state', broken)
  assert.equal(code, 3)
  assert.match(stderr, /broken\.json does not hold a state/)
})

test('raw read prints Airbyte’s and Singer’s own messages, and Flow’s responses', async () => {
  const config = { credentials: { ...tokens, token_expiry_date: '2999-01-01T00:00:00Z' } }
  const airbyte = await flowFor('airbyte-source-lab', 'airbyte', config)
  const read = (path: string, ...more: string[]) =>
    runSluice(['raw', 'read', '--source', path, '--max-documents', '3', ...more])
  const messages = lines((await read(airbyte)).stdout)
  assert.ok(messages.filter(({ type }) => type === 'RECORD').length >= 3)
  const singer = await flowFor('singer-tap-lab', 'singer', tokens)
  const types = lines((await read(singer)).stdout).map(({ type }) => type)
  for (const type of ['SCHEMA', 'RECORD', 'STATE']) assert.ok(types.includes(type), type)
  const responses = lines((await read(source.path, '--credentials', credentials)).stdout)
  assert.deepEqual(Object.keys(responses[0]), ['applied'])
  assert.equal(responses.filter(({ captured }) => captured).length, 3)
})

test('raw check says whether the connector can work with its config, whatever its protocol', async () => {
  const flow = await raw('check')
  assert.deepEqual([flow.code, flow.stdout], [0, '{"status":"SUCCEEDED"}\n'])
  const wrong = { credentials: { ...tokens, access_token: 'nonsense', token_expiry_date: '2999-01-01T00:00:00Z' } }
  const airbyte = await flowFor('airbyte-source-lab', 'airbyte', wrong)
  const { code, stdout } = await runSluice(['raw', 'check', '--source', airbyte])
  assert.equal(code, 4)
  assert.equal(lines(stdout)[0].status, 'FAILED')
})

test('a connector that does not answer in time ends with 4', async () => {
  const local = { command: ['/bin/sh', '-c', 'exec sleep 60'] }
  const path = await source.write('slow.yaml', JSON.stringify({ captures: { 'a/b': { endpoint: { local } } } }))
  const { code, stderr } = await runSluice(['raw', 'spec', '--source', path, '--name', 'a/b', '--timeout', '1s'])
  assert.equal(code, 4)
  assert.match(stderr, /within 1 s/)
})

test('raw discover --write puts what is new into the flow.yaml, and leaves what stands there', async () => {
  const flow = JSON.parse(await readFile(source.path, 'utf8'))
  const { endpoint, bindings } = flow.captures['acme/shop']
  for (const [name, flags] of [
    ['files.yaml', []],
    ['flat.yaml', ['--flat']],
  ] as const) {
    const text = `# kept\ncaptures:\n  acme/shop:\n    endpoint: ${JSON.stringify(endpoint)}\n    bindings: ${JSON.stringify(bindings)} # ours\n`
    const path = await source.write(name, text)
    const args = ['raw', 'discover', '--source', path, '--credentials', credentials, '--write', ...flags]
    const { code, stdout, stderr } = await runSluice(args)
    assert.deepEqual([code, stdout], [0, ''], stderr)
    assert.match(stderr, /1 of 2 discovered bindings are new\.$/m)
    const written = await readFile(path, 'utf8')
    assert.match(written, /^# kept\n/)
    assert.match(written, /"?target"?: "?acme\/shop\/orders/)
    assert.match(
      written,
      name === 'flat.yaml'
        ? /schema:\n? *\{?\s*"?(type|\$schema|title|required|properties)/
        : /schema: customers\.schema\.json/,
    )
    assert.equal((await runSluice(args)).stderr.includes('0 of 2 discovered bindings are new.'), true)
  }
  assert.equal(JSON.parse(await readFile(join(source.directory, 'orders.schema.json'), 'utf8')).type, 'object')
})

test('an image without a container engine ends with 4 and says what to start', async () => {
  const connector = { image: 'ghcr.io/acme/source:v1' }
  const path = await source.write('image.yaml', JSON.stringify({ captures: { 'a/b': { endpoint: { connector } } } }))
  const env = { DOCKER_HOST: `unix://${join(source.directory, 'none.sock')}` }
  const { code, stderr } = await runSluice(['raw', 'spec', '--source', path], { env })
  assert.equal(code, 4)
  assert.match(stderr, /no container engine answers .*start Docker or Podman/)
})
