import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compileSchema, isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { type Lab, startLab } from '@sluice/lab'
import type { RunEvent } from '../events/run-event.ts'
import type { Launch } from '../launch.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { authorizeAtLab } from '../testing/authorize-at-lab.ts'
import { withoutPython } from '../testing/python.ts'
import { readToEnd } from '../testing/read-to-end.ts'
import { check, discover, spec } from './operations.ts'
import { read } from './read.ts'
import { write } from './write.ts'

const skip = { skip: withoutPython }
const COLLECTION = { name: 'lab/rows', key: ['/id'], schema: { type: 'object' } }

let lab: Lab
let directory: string
let source: Launch
let destination: Launch
let config: JsonObject
before(async () => {
  lab = await startLab()
  directory = await mkdtemp(join(tmpdir(), 'tightlock-'))
  const { access_token } = await authorizeAtLab(lab, lab.addClient())
  config = { collection: 'customers', access_token }
  const launchOf = (name: string, script: string): Launch => ({
    name,
    command: ['python3', script],
    cwd: fileURLToPath(new URL(`../../../lab/connectors/${name}/`, import.meta.url)),
    env: { LAB_ORIGIN: lab.origin },
    secrets: [access_token],
  })
  source = launchOf('tightlock-source-lab', 'source.py')
  destination = launchOf('tightlock-destination-lab', 'destination.py')
})
after(async () => {
  await rm(directory, { recursive: true })
  await (lab as Lab | undefined)?.close()
})

function request(batch_size: number, state: JsonObject = {}): CaptureRequest {
  const resource_config = { name: 'rows', fields: ['id', 'name'], batch_size }
  return {
    name: 'lab/x',
    config,
    state,
    bindings: [{ collection: COLLECTION, resource_config, resource_path: ['rows'] }],
  }
}

test('a ProtocolSchema becomes a config schema with its conditions, patterns and secrets', skip, async () => {
  const { config_schema } = await spec(source)
  const properties = isJsonObject(config_schema.properties) ? config_schema.properties : {}
  assert.deepEqual(properties.access_token, {
    title: 'Access token',
    type: 'string',
    description: "A token of the lab with the collection's scope.",
    secret: true,
  })
  const { validate } = compileSchema(config_schema)
  const violated = (value: JsonObject) => validate(value).map(({ pointer }) => pointer)
  assert.deepEqual(violated({ collection: 'customers', access_token: 't' }), [])
  assert.deepEqual(violated({ collection: 'orders', access_token: 't' }).includes('/since'), true)
  assert.deepEqual(violated({ collection: 'customers', access_token: 't', only_country: 'x' }), ['/only_country'])
})

test('validate is asked, and its messages are told', skip, async () => {
  await check(source, config)
  await assert.rejects(
    check(source, { ...config, access_token: 'wrong' }),
    /refuses this config: The lab refuses the token/,
  )
})

test('pages are read until one is empty, each committed with its offset; a cut run goes on there', skip, async () => {
  const whole = await readToEnd(read(source, request(7)))
  assert.equal(whole.error, null, whole.message)
  assert.ok(whole.documents.length > 14)
  assert.deepEqual(Object.keys(whole.documents[0] ?? {}), ['id', 'name'])
  assert.deepEqual(whole.state, {})

  const cut = await readToEnd(read(source, { ...request(7), max_documents: 10 }))
  assert.deepEqual(cut.state, { rows: { offset: 7 } })
  const rest = await readToEnd(read(source, request(7, cut.state)))
  assert.deepEqual(rest.documents, whole.documents.slice(7))
})

test('a source that cannot be read at its first page ends well with its words, later it fails', skip, async () => {
  const unreadable = { ...request(7), config: { ...config, access_token: 'wrong' } }
  const first = await readToEnd(read(source, unreadable))
  assert.equal(first.error, null)
  assert.ok(first.events.some((event) => event.type === 'log' && /Error 50 - DataInConnectorError/.test(event.message)))
  const later = await readToEnd(read(source, { ...unreadable, state: { rows: { offset: 7 } } }))
  assert.equal(later.error?.code, 'failed')
})

test('a destination gets batches of its own size, and its hits add up', skip, async () => {
  const [discovered] = await discover(destination, { path: '/x', api_key: 'k' })
  assert.deepEqual(discovered?.resource_config.fields, ['id', 'name'])
  const path = join(directory, 'sink')
  const rows: JsonObject[] = [{ id: 1 }, { id: 2 }, { name: 'no id' }, { id: 4 }, { id: 5 }]
  const documents = rows.map((document): RunEvent => ({ type: 'document', binding: 0, document }))
  const checkpoint: RunEvent = { type: 'checkpoint', state: { updated: { at: 5 }, merge_patch: true } }
  async function* input() {
    yield* documents
    yield checkpoint
  }
  const bindings = [{ collection: COLLECTION, resource_config: {} }]
  const sink = { name: 'lab/y', config: { path, api_key: 'k' }, bindings, input: input() }
  const dry = await readToEnd(write(destination, { ...sink, input: input(), dry_run: true }))
  assert.equal(dry.error, null, dry.message)
  await assert.rejects(readFile(path))
  assert.deepEqual(hits(dry.events), [4, 1])
  assert.deepEqual(dry.state, { at: 5 })
  assert.ok(dry.events.some((event) => event.type === 'log' && event.message === 'A row has no id.'))
})

test('a numbered error that may go away by itself is transient', skip, async () => {
  async function* input(): AsyncGenerator<RunEvent> {
    yield { type: 'document', binding: 0, document: { id: 1 } }
  }
  const bindings = [{ collection: COLLECTION, resource_config: {} }]
  const sink = { name: 'lab/y', config: { path: '/x', api_key: 'busy' }, bindings, input: input() }
  const { error } = await readToEnd(write(destination, sink))
  assert.deepEqual([error?.code, error?.verdict], ['failed', 'transient'])
  assert.match(error?.message ?? '', /RateLimitedError: Error 12/)
})

test('a module without Source or Destination is told, and so is a command that is no Python', skip, async () => {
  await assert.rejects(spec({ ...source, command: ['python3', '../tightlock_words.py'] }), /neither a class Source nor/)
  await assert.rejects(spec({ ...source, command: ['node', 'x.py'] }), /Write `command: \[python3/)
})

function hits(events: readonly RunEvent[]): number[] {
  const sum = (name: string) =>
    events.reduce((total, event) => total + (event.type === 'metric' && event.name === name ? event.value : 0), 0)
  return [sum('successful_hits'), sum('failed_hits')]
}
