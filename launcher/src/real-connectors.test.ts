// Connectors that others wrote, put in by path: `SLUICE_REAL_CONNECTORS=<dir> npm test`. Each is a directory with a
// `connector.json` (docs/protocols.md says what stands in it).
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { isJsonObject, type JsonObject, secretValues } from '@sluice/connector-specs'
import { z } from 'zod'
import { ConnectorError } from './connector-error.ts'
import type { RunEvent } from './events/run-event.ts'
import type { Launch } from './launch.ts'
import { bindCollections } from './protocol/bind-collections.ts'
import { offered, type Protocol } from './protocol/protocol.ts'
import { protocolOf } from './protocol/protocol-of.ts'
import { readToEnd } from './testing/read-to-end.ts'

const object = z.custom<JsonObject>(isJsonObject, 'must be an object')
const failure = z.object({ code: z.string(), message: z.string().optional() })

const writeExpectation = z.strictObject({
  stream: z.string(),
  documents: z.array(object).min(1),
  /** Of the collection that they are of; materializations need both. */
  key: z.array(z.string()).default([]),
  schema: object.default({ type: 'object' }),
})

const manifest = z.strictObject({
  protocol: z.enum(['flow', 'airbyte', 'singer']),
  command: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()).default({}),
  config: object.default({}),
  manifest: z.string().optional(),
  protobuf: z.boolean().optional(),
  catalog_argument: z.enum(['catalog', 'properties']).optional(),
  sample_config: object.optional(),
  expect: z.strictObject({
    /** Properties that the config schema must have. */
    properties: z.array(z.string()).default([]),
    /** Whether the connector takes the config, or how it must refuse it. Left out: it is not asked. */
    check: z.union([z.literal(true), failure]).optional(),
    /** Names that discovery must find, or how it must fail. Left out: it is not asked. */
    discover: z.union([z.array(z.string()), failure]).optional(),
    /** How many documents must at least be read, or how it must fail. Left out: nothing is read. */
    read: z.union([z.int().nonnegative(), failure]).optional(),
    /** Destinations: what they are given; they must take all of it and confirm it. */
    write: writeExpectation.optional(),
  }),
})

type Expected = z.infer<typeof failure>

const directory = process.env.SLUICE_REAL_CONNECTORS
if (directory === undefined) {
  test('real connectors', { skip: 'SLUICE_REAL_CONNECTORS names no directory of connectors' }, () => {})
} else {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory())
      test(`the real connector ${entry.name}`, () => tryConnector(resolve(directory, entry.name)))
  }
}

async function tryConnector(path: string): Promise<void> {
  const {
    protocol: name,
    config,
    expect,
    ...task
  } = manifest.parse(JSON.parse(await readFile(join(path, 'connector.json'), 'utf8')))
  const protocol = protocolOf(name)
  const { command, env, manifest: declarative, ...rest } = task
  const base: Launch = { name: path, command, cwd: path, env, secrets: [], sample_config: config }
  const launch: Launch = {
    ...base,
    ...(declarative && { manifest: declarative }),
    ...(expect.write && { destination: true }),
    ...present(rest),
  }

  const { config_schema, resource_path_pointers } = await protocol.spec(launch)
  const properties = isJsonObject(config_schema.properties) ? Object.keys(config_schema.properties) : []
  for (const property of expect.properties) assert.ok(properties.includes(property), `${property} of ${properties}`)

  // Each operation goes on with the config that the one before may have rotated.
  let current = config
  const asked: Launch = {
    ...launch,
    config_schema,
    secrets: secretValues(config_schema, config),
    onConfigUpdate(rotated) {
      current = rotated.reveal()
    },
  }
  const logs: string[] = []
  asked.onLog = ({ message }) => void logs.push(message)
  if (expect.check !== undefined) {
    const checking = offered(protocol, 'check')(asked, current)
    await (expect.check === true ? checking : fails(checking, expect.check))
  }
  if (expect.write) await writes(protocol, asked, current, expect.write)
  for (const value of asked.secrets) assert.ok(!logs.join('\n').includes(value), 'a secret stands in the log')
  if (expect.discover === undefined) return
  if (!Array.isArray(expect.discover)) return await fails(discover(protocol, asked, current), expect.discover)
  const found = await discover(protocol, asked, current)
  const names = found.map(({ recommended_name }) => recommended_name)
  for (const stream of expect.discover) assert.ok(names.includes(stream), `${stream} of ${names}`)

  if (expect.read === undefined) return
  const bindings = bindCollections(found, { resource_path_pointers, prefix: 'real' })
  const bound = bindings.map((binding, index) => ({ ...binding, resource_path: found[index]?.resource_path ?? [] }))
  const wanted = typeof expect.read === 'number' ? { max_documents: Math.max(1, expect.read) } : {}
  const request = { name: 'real/connector', config: current, state: {}, bindings: bound, ...wanted }
  const read = await readToEnd(offered(protocol, 'read')(asked, request))
  if (typeof expect.read !== 'number') return await fails(Promise.reject(read.error), expect.read)
  assert.equal(read.error, null)
  assert.ok(read.documents.length >= expect.read, `${read.documents.length} documents`)
}

async function writes(
  protocol: Protocol,
  launch: Launch,
  config: JsonObject,
  { stream, documents, key, schema }: z.infer<typeof writeExpectation>,
): Promise<void> {
  const collection = { name: `real/${stream}`, schema, key }
  const binding = { collection, resource_config: {} }
  const bindings = [{ ...binding, resource_config: protocol.resourceFor?.(binding) ?? {} }]
  async function* input(): AsyncGenerator<RunEvent> {
    yield { type: 'opened' }
    for (const document of documents) yield { type: 'document', binding: 0, document }
    yield { type: 'checkpoint', state: { updated: { written: documents.length }, merge_patch: false } }
    yield { type: 'done', reason: 'exited' }
  }
  const events: RunEvent[] = []
  const request = { name: 'real/connector', config, bindings, input: input() }
  for await (const event of offered(protocol, 'write')(launch, request)) events.push(event)
  const confirmed = events.flatMap((event) => (event.type === 'checkpoint' ? [event.state.updated] : []))
  assert.equal(confirmed.at(-1)?.written, documents.length)
  assert.equal(events.at(-1)?.type, 'done')
}

function discover(protocol: Protocol, launch: Launch, config: JsonObject) {
  return offered(protocol, 'discover')(launch, config)
}

async function fails(work: Promise<unknown>, { code, message = '' }: Expected): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof ConnectorError, String(error))
    assert.equal(error.code, code, error.message)
    assert.ok(error.message.includes(message), error.message)
    return true
  })
}

function present<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> } // the undefined are gone
}
