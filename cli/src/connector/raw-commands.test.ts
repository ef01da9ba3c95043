import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Lab, startLab } from '@sluice/lab'
import { answer, CLIENT, type LabSource, startOauth, writeLabSource } from '../testing/lab-source.ts'
import { runSluice, startSluice } from '../testing/run-sluice.ts'

const hasPython = spawnSync('python3', ['--version']).status === 0

let lab: Lab
let source: LabSource
let authorized: string
let credentials: string
before(async () => {
  lab = await startLab()
  source = await writeLabSource(lab.origin)
  const attempt = await startOauth(lab, source, ['--show-secrets', '--json'])
  await answer(attempt)
  authorized = (await attempt.sluice.ended).stdout
  credentials = await source.write('creds.json', authorized)
})
after(async () => {
  await source.remove()
  await lab.close()
})

const raw = (operation: string, ...args: string[]) => runSluice(['raw', operation, '--source', source.path, ...args])
const lines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('raw spec prints one line in the spelling of Flow', async () => {
  const { code, stdout } = await raw('spec')
  assert.equal(code, 0)
  const [spec, ...more] = lines(stdout)
  assert.deepEqual(more, [])
  assert.equal(spec.protocol, 3032023)
  assert.equal(spec.oauth2.provider, 'lab')
  assert.deepEqual(spec.resourcePathPointers, ['/stream'])
  assert.equal(spec.configSchema.title, 'Lab shop')
})

test('raw spec answers for each connector of the lab, whatever its protocol', async () => {
  const connectors = fileURLToPath(new URL('../../../lab/connectors/', import.meta.url))
  const needPython = /^(devlake|tightlock|environment)-/
  const found = await readdir(connectors, { withFileTypes: true })
  const names = found.filter((entry) => entry.isDirectory() && !entry.name.startsWith('__')).map(({ name }) => name)
  assert.ok(names.length >= 10)
  for (const name of names.filter((name) => hasPython || !needPython.test(name))) {
    const { code, stdout, stderr } = await runSluice(['raw', 'spec', '--source', join(connectors, name, 'flow.yaml')])
    assert.equal(code, 0, stderr)
    assert.equal(lines(stdout)[0].configSchema.type, 'object', name)
  }
})

test('a tap and an Airbyte source are discovered, validated and captured as a connector of Flow is', async () => {
  const connectors = fileURLToPath(new URL('../../../lab/connectors/', import.meta.url))
  const { access_token, refresh_token } = JSON.parse(authorized).credentials
  const tokens = { ...CLIENT, access_token, refresh_token }
  const tasks = [
    ['airbyte', 'airbyte-source-lab', { credentials: { ...tokens, token_expiry_date: '2999-01-01T00:00:00Z' } }],
    ['singer', 'singer-tap-lab', tokens],
  ] as const
  for (const [protocol, name, config] of tasks) {
    const command = [process.execPath, join(connectors, name, `${name}.ts`)]
    const local = { protocol, command, env: { LAB_ORIGIN: lab.origin }, config }
    const path = await source.write(`${name}.yaml`, JSON.stringify({ captures: { 'acme/x': { endpoint: { local } } } }))
    const { code, stdout, stderr } = await runSluice(['raw', 'capture', '--source', path, '--max-documents', '3'])
    assert.equal(code, 0, stderr)
    assert.deepEqual(
      lines(stdout).map(([collection]) => collection),
      Array(3).fill('acme/x/customers'),
    )
    assert.ok(!(stdout + stderr).includes(refresh_token))
  }
})

test('what Python hosts is discovered, validated and captured in the same words', {
  skip: hasPython ? false : 'there is no python3 here',
}, async () => {
  const connectors = fileURLToPath(new URL('../../../lab/connectors/', import.meta.url))
  const { access_token } = JSON.parse(authorized).credentials
  const tasks = [
    ['devlake', 'devlake-plugin-lab', 'main.py', { token: access_token, page_size: 50 }, 3],
    ['tightlock', 'tightlock-source-lab', 'source.py', { collection: 'customers', access_token }, 3],
    ['environment', 'environment-lab', 'export.py', { TB_CDK_TOKEN: access_token, TB_CDK_TAG: 'lab' }, 0],
  ] as const
  for (const [protocol, name, script, config, documents] of tasks) {
    const configSchema = { type: 'object', properties: { TB_CDK_TOKEN: { type: 'string', secret: true } } }
    const local = {
      protocol,
      command: ['python3', join(connectors, name, script)],
      env: { LAB_ORIGIN: lab.origin, PYTHONDONTWRITEBYTECODE: '1' },
      config,
      ...(protocol === 'environment' && { configSchema }),
    }
    const path = await source.write(`${name}.yaml`, JSON.stringify({ captures: { 'acme/x': { endpoint: { local } } } }))
    for (const operation of ['discover', 'validate']) {
      const asked = await runSluice(['raw', operation, '--source', path])
      assert.equal(asked.code, 0, `${name} ${operation}: ${asked.stderr}`)
      assert.ok(lines(asked.stdout).length > 0)
    }
    const { code, stdout, stderr } = await runSluice(['raw', 'capture', '--source', path, '--max-documents', '3'])
    assert.equal(code, 0, `${name}: ${stderr}`)
    assert.equal(stdout === '' ? 0 : lines(stdout).length, documents)
    assert.ok(!(stdout + stderr).includes(access_token))
  }
})

test('a connector of Flow that speaks protobuf is discovered, validated and captured as one that speaks JSON', async () => {
  const spoken = async (protobuf: boolean) => {
    const flow = JSON.parse(await readFile(source.path, 'utf8'))
    flow.captures['acme/shop'].endpoint.local.protobuf = protobuf
    const path = await source.write(`protobuf-${protobuf}.yaml`, JSON.stringify(flow))
    const ask = async (operation: string, ...args: string[]) => {
      const asked = await runSluice(['raw', operation, '--source', path, ...args])
      assert.equal(asked.code, 0, asked.stderr)
      return asked.stdout
    }
    return [
      await ask('spec'),
      await ask('discover', '--credentials', credentials),
      await ask('validate', '--credentials', credentials),
      await ask('capture', '--credentials', credentials, '--max-documents', '20'),
    ]
  }
  assert.deepEqual(await spoken(true), await spoken(false))
})

test('raw discover prints a binding a line', async () => {
  const { code, stdout } = await raw('discover', '--credentials', credentials)
  assert.equal(code, 0)
  const found = lines(stdout).map(({ recommendedName, key }) => [recommendedName, key])
  assert.deepEqual(found, [
    ['customers', ['/id']],
    ['orders', ['/id']],
  ])
})

test('raw validate prints the resource path of each binding of the flow.yaml', async () => {
  const { code, stdout } = await raw('validate', '--credentials', credentials)
  assert.equal(code, 0)
  assert.deepEqual(lines(stdout), [{ collection: 'acme/customers', resourcePath: ['customers'] }])
})

test('raw capture prints documents on stdout, logs on stderr, and no secret on either', async () => {
  const { code, stdout, stderr } = await raw('capture', '--credentials', credentials, '--max-documents', '5')
  assert.equal(code, 0)
  const documents = lines(stdout)
  assert.equal(documents.length, 5)
  for (const [collection, document] of documents) {
    assert.equal(collection, 'acme/customers')
    assert.match(document.country, /^(DE|FR|GB)$/)
  }
  assert.match(stderr, /^5 documents$/m)
  const tokens = Object.values(JSON.parse(authorized).credentials).filter((value) => String(value).length > 20)
  assert.ok(tokens.length >= 3)
  for (const token of tokens) assert.ok(!(stdout + stderr).includes(String(token)))
})

test('the credentials may come by a pipe, after the banner that npm prints', async () => {
  const piped = `\n> sluice@0.1.0 cli\n> node cli/src/main.ts raw oauth\n\n${authorized}`
  const args = ['raw', 'validate', '--source', source.path, '--credentials', '-']
  const { code, stdout } = await runSluice(args, { stdin: piped })
  assert.equal(code, 0)
  assert.equal(lines(stdout).length, 1)
})

test('a capture without a bound goes on until Ctrl-C', async () => {
  const sluice = startSluice(['raw', 'capture', '--source', source.path, '--credentials', credentials])
  await sluice.says(/caught up/)
  sluice.child.kill('SIGINT')
  const { code, stdout, stderr } = await sluice.ended
  assert.equal(code, 130)
  assert.ok(lines(stdout).length > 5)
  assert.match(stderr, /^error: Interrupted\./m)
})

test('a capture ends in silence when nobody reads the output any more', async () => {
  const sluice = startSluice(['raw', 'capture', '--source', source.path, '--credentials', credentials])
  sluice.child.stdout.once('data', () => sluice.child.stdout.destroy())
  const { code, stderr } = await sluice.ended
  assert.equal(code, 141)
  assert.doesNotMatch(stderr, /error:/)
})

test('without credentials it ends with 3 and says where they come from', async () => {
  const { code, stdout, stderr } = await raw('capture')
  assert.equal(code, 3)
  assert.equal(stdout, '')
  assert.match(stderr, /^error: .*\/credentials is required/m)
  assert.match(stderr, /raw oauth .*--credentials creds\.json/)
})

test('credentials that are redacted, missing or something else end with 3 and are not quoted', async () => {
  const { credentials: plain, ...rest } = JSON.parse(authorized)
  const redacted = { ...rest, credentials: { ...plain, access_token: '********' } }
  const files = [
    [await source.write('redacted.json', JSON.stringify(redacted)), /are redacted/],
    [await source.write('torn.json', authorized.slice(0, -20)), /does not hold the JSON object/],
    [`${source.directory}/none.json`, /cannot be read/],
  ] as const
  for (const [file, expected] of files) {
    const { code, stderr } = await raw('discover', '--credentials', file)
    assert.equal(code, 3)
    assert.match(stderr, expected)
    assert.ok(!stderr.includes(plain.refresh_token) && !stderr.includes(CLIENT.client_secret))
  }
})

test('expired credentials are warned about', async () => {
  const expired = { ...JSON.parse(authorized), expires_at: '2020-01-01T00:00:00.000Z' }
  const file = await source.write('expired.json', JSON.stringify(expired))
  const { stderr } = await raw('discover', '--credentials', file)
  assert.match(stderr, /^warning: the access token in .* expired at 2020-01-01T00:00:00.000Z/m)
})

test('a connector that fails, prints garbage or is not there ends with 4', async () => {
  const failing = await source.write('fail.sh', '#!/bin/sh\necho "cannot reach the moon" >&2\nexit 1\n')
  const babbling = await source.write('babble.sh', '#!/bin/sh\necho "Hello \u001b[31m there"\n')
  for (const program of [failing, babbling]) await chmod(program, 0o700)
  const cases = [
    [failing, /exited with code 1/],
    [babbling, /no protocol message on stdout/],
    ['./not-there', /not-there/],
  ] as const
  for (const [program, expected] of cases) {
    const flow = { captures: { a: { endpoint: { local: { command: [program] } } } } }
    const path = await source.write('broken.yaml', JSON.stringify(flow))
    const { code, stderr } = await runSluice(['raw', 'spec', '--source', path])
    assert.equal(code, 4)
    assert.match(stderr, expected)
    assert.ok(!stderr.includes('\u001b'))
  }
})
