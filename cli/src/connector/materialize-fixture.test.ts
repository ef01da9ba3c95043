import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type LabSource, writeLabSource } from '../testing/lab-source.ts'
import { runSluice } from '../testing/run-sluice.ts'

let source: LabSource
let fixture: string
before(async () => {
  source = await writeLabSource('http://localhost:9')
  fixture = await source.write('fixture.jsonl', '["acme/pets",{"id":1}]\n{"commit":true}\n["acme/pets",{"id":2}]\n')
})
after(() => source.remove())

async function run(protocol: string, documents = fixture) {
  const flow = {
    collections: { 'acme/pets': { schema: { type: 'object' }, key: ['/id'] } },
    materializations: {
      'acme/x': {
        endpoint: { local: { protocol, command: ['never-started'] } },
        bindings: [{ resource: {}, source: 'acme/pets' }],
      },
    },
  }
  const path = await source.write(`${protocol}.yaml`, JSON.stringify(flow))
  return await runSluice(['raw', 'materialize-fixture', '--source', path, '--fixture', documents])
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
  const flow = await run('flow')
  assert.equal(flow.code, 4)
  assert.match(flow.stderr, /flow cannot be asked to write/)
})
