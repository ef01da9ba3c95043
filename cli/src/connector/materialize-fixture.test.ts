import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type LabSource, writeLabSource } from '../testing/lab-source.ts'
import { runSluice } from '../testing/run-sluice.ts'

let source: LabSource
let fixture: string
before(async () => {
  source = await writeLabSource('http://localhost:9')
  fixture = await source.write('fixture.jsonl', '["acme/pets",{"id":1}]\n{"commit":true}\n["acme/pets",{"id":2}]\n')
})
after(() => source.remove())

async function run(protocol: string, documents = fixture, ...more: string[]) {
  const flow = {
    collections: { 'acme/pets': { schema: { type: 'object' }, key: ['/id'] } },
    materializations: {
      'acme/x': {
        endpoint: { local: { protocol, command: ['never-started'], config: { token: 'hunter2' } } },
        bindings: [{ resource: {}, source: 'acme/pets' }],
      },
    },
  }
  const path = await source.write(`${protocol}.yaml`, JSON.stringify(flow))
  return await runSluice(['raw', 'materialize-fixture', '--source', path, '--fixture', documents, ...more])
}

const types = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).type)

test('the lines of Airbyte and Singer are those that a destination is given', async () => {
  const airbyte = await run('airbyte')
  assert.equal(airbyte.code, 0, airbyte.stderr)
  assert.deepEqual(types(airbyte.stdout), ['RECORD', 'STATE', 'RECORD', 'TRACE'])
  assert.match(airbyte.stdout, /"stream":"pets","data":\{"id":1\}/)
  const singer = await run('singer')
  assert.equal(singer.code, 0, singer.stderr)
  assert.deepEqual(types(singer.stdout), ['SCHEMA', 'RECORD', 'STATE', 'RECORD'])
  assert.match(singer.stdout, /"key_properties":\["id"\]/)
})

test('a fixture that does not fit is told by its line, a protocol without destinations by name', async () => {
  const unknown = await run('airbyte', await source.write('unknown.jsonl', '\n["acme/vets",{}]\n'))
  assert.equal(unknown.code, 3)
  assert.match(
    unknown.stderr,
    /unknown\.jsonl:2: No binding takes the collection acme\/vets\.\n {2}There are: acme\/pets/,
  )
  const broken = await run('airbyte', await source.write('broken.jsonl', 'nonsense'))
  assert.match(broken.stderr, /broken\.jsonl:1: This is no line/)
  for (const protocol of ['devlake', 'environment']) {
    const refused = await run(protocol)
    assert.equal(refused.code, 4)
    assert.match(refused.stderr, new RegExp(`Connectors of the protocol ${protocol} are never destinations`))
  }
})

const lab = (file: string) => fileURLToPath(new URL(`../../../lab/connectors/materialize-lab/${file}`, import.meta.url))
const json = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('a fixture of flowctl becomes the requests of a materialization, which a connector takes in its transactions', async () => {
  const told = await runSluice([
    'raw',
    'materialize-fixture',
    '--source',
    lab('flow.yaml'),
    '--fixture',
    lab('fixture.yaml'),
  ])
  assert.equal(told.code, 0, told.stderr)
  const requests = json(told.stdout)
  assert.deepEqual(
    requests.map((request) => Object.keys(request)[0]).join(' '),
    'apply open acknowledge load load flush store store startCommit acknowledge load flush store startCommit acknowledge',
  )
  const [binding] = requests[1].open.materialization.bindings
  assert.deepEqual(binding.fieldSelection, {
    keys: ['id'],
    values: ['name', 'orders'],
    document: 'flow_document',
    fieldConfig: {},
  })
  assert.deepEqual(requests[12].store, {
    binding: 0,
    key: ['a'],
    keyPacked: Buffer.from('\x02a\0').toString('base64'),
    values: ['Ada', 2],
    valuesPacked: Buffer.from('\x02Ada\0\x15\x02').toString('base64'),
    doc: { id: 'a', name: 'Ada', orders: 2 },
    exists: true,
  })
  const { stdout, status } = spawnSync(process.execPath, [lab('materialize-lab.ts')], { input: told.stdout })
  assert.equal(status, 0)
  const answers = json(String(stdout))
  assert.deepEqual(
    answers.map((answer) => Object.keys(answer)[0]).join(' '),
    'applied opened acknowledged flushed startedCommit acknowledged loaded flushed startedCommit acknowledged',
  )
  assert.deepEqual(answers[6].loaded.doc, { id: 'a', name: 'Ada', orders: 1 })
})

test('Flow and Tightlock are told of our lines too; a config goes into the requests only where it is asked for', async () => {
  const flow = await run('flow')
  assert.equal(flow.code, 0, flow.stderr)
  const words = json(flow.stdout).map((request) => Object.keys(request)[0])
  assert.equal(words.join(' '), 'apply open acknowledge load flush store startCommit acknowledge load flush store')
  assert.ok(!flow.stdout.includes('hunter2'))
  const whole = await run('flow', fixture, '--with-config')
  assert.deepEqual(json(whole.stdout)[0].apply.materialization.config, { token: 'hunter2' })
  const tightlock = await run('tightlock')
  assert.equal(tightlock.code, 0, tightlock.stderr)
  assert.deepEqual(json(tightlock.stdout), [
    { ask: 'send_data', rows: [{ id: 1 }], dry_run: false },
    { ask: 'send_data', rows: [{ id: 2 }], dry_run: false },
  ])
})

test('a materialization is asked for its spec and has its bindings validated, without discovery, in JSON and protobuf', async () => {
  for (const file of [lab('flow.yaml'), lab('../materialize-lab-protobuf/flow.yaml')]) {
    const spec = await runSluice(['raw', 'spec', '--source', file])
    assert.equal(json(spec.stdout)[0].configSchema.title, 'Lab tables')
    const validated = await runSluice(['raw', 'validate', '--source', file])
    assert.equal(validated.code, 0, validated.stderr)
    assert.deepEqual(json(validated.stdout), [{ collection: 'lab/customers', resourcePath: ['customers'] }])
  }
  assert.deepEqual(json((await runSluice(['raw', 'check', '--source', lab('flow.yaml')])).stdout), [
    { status: 'SUCCEEDED' },
  ])
})

test('a fixture of flowctl that does not fit is told by its transaction', async () => {
  const refused = async (yaml: string) => (await run('flow', await source.write('flowctl.yaml', yaml))).stderr
  assert.match(
    await refused('transactions: [{ acme/pets: [[true]] }]'),
    /transactions\.0\.acme\/pets: This is no document/,
  )
  assert.match(await refused('transactions: [{ acme/vets: [] }]'), /transactions\.0: No binding takes .*acme\/vets/)
})
