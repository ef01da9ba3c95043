// Materializations end to end: the lab's connector in both codecs, with a store that a test can look into and break.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { foldState } from '../../events/fold-state.ts'
import type { RunEvent } from '../../events/run-event.ts'
import { launchScript, unconfined } from '../../fixtures/launch-script.ts'
import type { Launch } from '../../launch.ts'
import type { ValidateBinding } from '../../protocol/requests.ts'
import { type ReadToEnd, readToEnd } from '../../testing/read-to-end.ts'
import { materialize } from './materialize.ts'

const cwd = fileURLToPath(new URL('../../../../lab/connectors/materialize-lab/', import.meta.url))

const by = (strategy: string): JsonObject => ({ reduce: { strategy } })
const COUNTS: ValidateBinding = {
  collection: {
    name: 'acme/counts',
    key: ['/id'],
    schema: {
      type: 'object',
      required: ['id'],
      properties: { id: { type: 'string' }, n: { type: 'integer', ...by('sum') }, last: { type: 'integer' } },
      ...by('merge'),
    },
  },
  resource_config: {},
}

/** Holds the lab's tables; refuses to when told. */
async function openStore(t: TestContext) {
  let kept: string | null = null
  const store = {
    /** Puts that are still taken. */
    takes: Number.POSITIVE_INFINITY,
    address: '',
    rows: (table: string): JsonObject[] => {
      const { tables = {} } = JSON.parse(kept ?? '{}')
      return Object.values((tables[table] ?? {}) as Record<string, { doc: JsonObject }>).map(({ doc }) => doc)
    },
    values: (table: string): unknown[] => {
      const { tables = {} } = JSON.parse(kept ?? '{}')
      return Object.values((tables[table] ?? {}) as Record<string, { values: unknown }>).map(({ values }) => values)
    },
  }
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') return response.writeHead(kept ? 200 : 404).end(kept)
    const body = await text(request)
    store.takes -= 1
    if (store.takes < 0) return response.writeHead(503).end()
    kept = body
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  store.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return store
}

function lab(protobuf: boolean, options: Partial<Launch> = {}): Launch {
  const codec = protobuf ? { protobuf } : {}
  const command = ['node', 'materialize-lab.ts']
  return { name: 'lab', command, cwd, env: {}, secrets: [], runtime: unconfined, ...codec, ...options }
}

const END = 6

/** Counts to the end, in three keys, with a checkpoint after every second document. */
async function* counting(from: number): AsyncGenerator<RunEvent> {
  for (let at = from; at < END; at += 1) {
    yield { type: 'document', binding: 0, document: { id: `k${at % 3}`, n: 1, last: at } }
    if (at % 2 === 1) yield { type: 'checkpoint', state: { updated: { at: at + 1 }, merge_patch: true } }
  }
}

interface Feeding {
  launch: Launch
  config: JsonObject
  state?: JsonObject
  bindings?: ValidateBinding[]
  input?(from: JsonObject): AsyncIterable<RunEvent>
}

function feed({ launch, config, state = {}, bindings = [COUNTS], input }: Feeding) {
  let from = state
  const reading = input ?? (({ at }) => counting(Number(at ?? 0)))
  const startAt = (start: JsonObject) => {
    from = start
  }
  const started = (async function* () {
    yield* reading(from)
  })()
  return materialize(launch, { name: 'acme/target', config, bindings, input: started, state, startAt })
}

const COUNTED = [
  { id: 'k0', n: 2, last: 3 },
  { id: 'k1', n: 2, last: 4 },
  { id: 'k2', n: 2, last: 5 },
]
const sorted = (rows: JsonObject[]) => rows.toSorted((one, other) => (String(one.id) < String(other.id) ? -1 : 1))
const steps = ({ events }: ReadToEnd) => events.map(({ type }) => type).filter((type) => type !== 'log')

for (const protobuf of [false, true]) {
  const codec = protobuf ? 'protobuf' : 'JSON'
  for (const authority of ['recovery_log', 'remote']) {
    test(`in ${codec} documents are reduced, loaded and stored, the checkpoint being kept by ${authority}`, async (t) => {
      const store = await openStore(t)
      const feeding = { launch: lab(protobuf), config: { store: store.address, authority } }
      const first = await readToEnd(feed(feeding))
      assert.equal(first.error, null, first.message)
      assert.deepEqual([...new Set(steps(first))], ['applied', 'opened', 'checkpoint', 'done'])
      assert.deepEqual(first.state, { at: END })
      assert.deepEqual(sorted(store.rows('counts')), COUNTED)
      assert.deepEqual(store.values('counts')[0], [3, 2], 'fields in the order of their names')
      const more = await readToEnd(feed({ ...feeding, state: { at: 4 } }))
      assert.deepEqual([more.error, more.state], [null, { at: END }])
      // The remote checkpoint says that all is there; the recovery log’s was set back.
      const twice = sorted(store.rows('counts')).map(({ n }) => n)
      assert.deepEqual(twice, authority === 'remote' ? [2, 2, 2] : [2, 3, 3])
    })
  }
}

/** Feeds what counts to the end, is killed once `cut` checkpoints were kept, and feeds the rest. */
async function cutAndResume(t: TestContext, authority: string, cut: number) {
  const store = await openStore(t)
  let state: JsonObject = {}
  for (const kept of [cut, Number.POSITIVE_INFINITY]) {
    let committed = () => {}
    // Has nothing more until its last checkpoint was committed, so that each is a transaction.
    const input = async function* (from: JsonObject) {
      for await (const event of counting(Number(from.at ?? 0))) {
        const commit = new Promise<void>((resolve) => {
          committed = resolve
        })
        yield event
        if (event.type === 'checkpoint') await commit
      }
    }
    let checkpoints = 0
    for await (const event of feed({ launch: lab(false), config: { store: store.address, authority }, state, input })) {
      if (event.type !== 'checkpoint') continue
      // Killed with this checkpoint told, and not kept.
      if (checkpoints >= kept) break
      checkpoints += 1
      state = foldState(state, event.state)
      committed()
    }
  }
  assert.deepEqual(sorted(store.rows('counts')), COUNTED, `after ${cut} checkpoints`)
  assert.deepEqual(state, { at: END })
}

for (const [authority, cuts] of [
  ['recovery_log', 4],
  ['remote', 3],
] as const) {
  test(`whatever is cut off is taken up again, and nothing is lost or counted twice, by ${authority}`, async (t) => {
    await Promise.all(Array.from({ length: cuts }, (_, cut) => cutAndResume(t, authority, cut)))
  })
}

test('a store that fails in a commit ends the run with what it said, and the next run goes on exactly', async (t) => {
  for (const authority of ['recovery_log', 'remote']) {
    const store = await openStore(t)
    store.takes = 0
    const feeding = { launch: lab(false), config: { store: store.address, authority } }
    const failed = await readToEnd(feed(feeding))
    assert.match(failed.message, /^The connector lab exited with code 1 while .*: The store answered 503/)
    store.takes = 9
    const { error, state } = await readToEnd(feed({ ...feeding, state: failed.state }), failed.state)
    assert.deepEqual([error, state], [null, { at: END }])
    assert.deepEqual(sorted(store.rows('counts')), COUNTED)
  }
})

test('a failing source is told of once what it had committed is stored, and what no checkpoint followed is left out', async (t) => {
  const store = await openStore(t)
  const feeding = {
    launch: lab(false),
    config: { store: store.address },
    async *input(): AsyncGenerator<RunEvent> {
      yield { type: 'document', binding: 0, document: { id: 'a', n: 1 } }
      yield { type: 'checkpoint', state: { updated: { at: 1 }, merge_patch: false } }
      yield { type: 'document', binding: 0, document: { id: 'a', n: 1 } }
      throw new TypeError('the source is on fire')
    },
  }
  const states: JsonObject[] = []
  await assert.rejects(async () => {
    for await (const event of feed(feeding)) if (event.type === 'checkpoint') states.push(event.state.updated)
  }, /on fire/)
  assert.deepEqual(states.at(-1), { at: 1 })
  assert.deepEqual(store.rows('counts'), [{ id: 'a', n: 1 }])
})

test('delta updates load nothing, and are one document a key and transaction', async (t) => {
  const store = await openStore(t)
  const delta = { ...COUNTS, resource_config: { table: 'log', delta_updates: true } }
  const feeding = { launch: lab(false), config: { store: store.address }, bindings: [delta] }
  assert.equal((await readToEnd(feed(feeding))).error, null)
  assert.equal((await readToEnd(feed(feeding))).error, null)
  const rows = store.rows('log')
  assert.deepEqual([rows.length, rows.reduce((sum, { n }) => sum + Number(n), 0)], [6, 12])
})

test('a document that its schema says to delete is deleted where it is there, and one after it begins anew', async (t) => {
  const store = await openStore(t)
  const { reduce: _, ...plain } = COUNTS.collection.schema
  const isDeleted = { properties: { op: { const: 'd' } }, required: ['op'] }
  const schema: JsonObject = {
    ...plain,
    oneOf: [
      { ...isDeleted, reduce: { strategy: 'merge', delete: true } },
      { not: isDeleted, ...by('merge') },
    ],
  }
  const bindings = [{ ...COUNTS, collection: { ...COUNTS.collection, schema } }]
  const run = async (documents: JsonObject[]) => {
    const { error } = await readToEnd(
      feed({
        launch: lab(false),
        config: { store: store.address },
        bindings,
        async *input() {
          for (const document of documents) yield { type: 'document', binding: 0, document }
          yield { type: 'checkpoint', state: { updated: { at: 1 }, merge_patch: false } }
        },
      }),
    )
    assert.equal(error, null, error?.message)
    return sorted(store.rows('counts'))
  }
  const two = [
    { id: 'a', n: 1 },
    { id: 'b', n: 1 },
  ]
  assert.deepEqual(await run(two), two)
  assert.deepEqual(
    await run([
      { id: 'a', op: 'd' },
      { id: 'z', op: 'd' },
    ]),
    [{ id: 'b', n: 1 }],
  )
  assert.deepEqual(
    await run([
      { id: 'b', op: 'd' },
      { id: 'b', n: 5 },
    ]),
    [{ id: 'b', n: 5 }],
  )
})

/** A destination that a test writes: `answers` by the name of the request. */
function scripted(answers: Record<string, string>, validated: JsonObject = {}): Launch {
  const constraints = Object.fromEntries(
    ['flow_document', 'id', 'n', 'last'].map((field) => [field, { type: 'FIELD_OPTIONAL' }]),
  )
  const all = {
    spec: `answer({ spec: { protocol: 3032023, configSchema: {}, resourceConfigSchema: {} } })`,
    validate: `answer({ validated: { bindings: [${JSON.stringify({ resourcePath: ['t'], constraints, ...validated })}] } })`,
    apply: `answer({ applied: {} })`,
    open: `answer({ opened: {} })`,
    acknowledge: `answer({ acknowledged: {} })`,
    flush: `answer({ flushed: {} })`,
    startCommit: `answer({ startedCommit: {} })`,
    ...answers,
  }
  const cases = Object.entries(all).map(([name, script]) => `${name}: (body) => { ${script} }`)
  return launchScript(`const all = { ${cases.join(', ')} }; onRequest((key, body) => all[key]?.(body))`, {
    secrets: ['hunter2'],
    limits: { grace_ms: 200 },
  })
}

test('while a transaction is committed the source is not read on', async () => {
  let given = 0
  const told: [message: string, given: number][] = []
  const slowly = {
    flush: `log({ level: 'info', msg: 'flushing' }); setTimeout(() => answer({ flushed: {} }), 300)`,
    startCommit: `log({ level: 'info', msg: 'committed' }); answer({ startedCommit: {} })`,
  }
  const launch: Launch = { ...scripted(slowly), onLog: ({ message }) => void told.push([message, given]) }
  const pad = 'x'.repeat(1024 * 1024)
  const input = async function* (): AsyncGenerator<RunEvent> {
    for (;;) {
      given += 1
      yield { type: 'document', binding: 0, document: { id: String(given), pad } }
      yield { type: 'checkpoint', state: { updated: { given }, merge_patch: false } }
    }
  }
  for await (const event of feed({ launch, config: {}, input })) if (event.type === 'checkpoint') break
  const [[first, before] = ['', 0], [last, after] = ['', 0]] = told
  assert.deepEqual([first, last], ['flushing', 'committed'])
  assert.ok(before > 10 && after - before <= 1, `${before} documents before, ${after} after`)
})

test('a destination that breaks the protocol is told of by what it did', async () => {
  const faults: [Record<string, string>, RegExp, string][] = [
    [
      { load: `answer({ loaded: { doc: { id: 'other' } } })` },
      /loaded a document of a key that it was not asked/,
      'protocol',
    ],
    [
      { load: `answer({ loaded: { binding: 7, doc: {} } })` },
      /loaded a document of a key that it was not asked/,
      'protocol',
    ],
    [{ store: `answer({ flushed: {} })` }, /answered "flushed" where "startedCommit" was due/, 'protocol'],
    [{ flush: `process.exit(0)` }, /exited while loading documents/, 'incomplete'],
    [{ startCommit: `process.exit(0)` }, /exited while storing documents/, 'incomplete'],
    [{ acknowledge: `process.exit(3)` }, /exited with code 3 while acknowledging the last/, 'exited'],
    [
      { open: `answer({ opened: { runtimeCheckpoint: { sources: { other: {} } } } })` },
      /somebody else wrote/,
      'unsuitable',
    ],
    [
      { open: `answer({ opened: {} }); answer({ acknowledged: {} }); answer({ flushed: {} })` },
      /answered "/,
      'protocol',
    ],
    [{ validate: `answer({ validated: {} })` }, /validated 0 bindings where 1 were asked for/, 'protocol'],
  ]
  for (const [answers, message, code] of faults) {
    const { error } = await readToEnd(feed({ launch: scripted(answers), config: {} }))
    assert.match(error?.message ?? '', message)
    assert.equal(error?.code, code, String(message))
  }
})

test('fields are selected as the destination can take them, and what it must have and cannot is told by name', async () => {
  const constrained = (constraints: JsonObject) => scripted({}, { constraints })
  const optional = { type: 'FIELD_OPTIONAL' }
  const refusals: [JsonObject, ValidateBinding, RegExp][] = [
    [{ n: optional }, COUNTS, /cannot take the collection acme\/counts: the field id is none that it takes/],
    [
      { id: optional, text: { type: 'FIELD_REQUIRED', reason: 'Messages have one.' } },
      COUNTS,
      /no field text, which must be there. Messages/,
    ],
    [
      { id: optional, n: { type: 'INCOMPATIBLE', reason: 'It is a text,\x1b[2J hunter2.' } },
      COUNTS,
      /the field n does not fit .* It is a text,\\x1b\[2J \[redacted\]\.$/,
    ],
    [{ id: optional }, { ...COUNTS, fields: { require: { n: {} } } }, /the field n is none that it takes/],
    [{ id: optional }, { ...COUNTS, fields: { exclude: ['x'] } }, /has no field x, which the binding names/],
    [{ id: optional }, { ...COUNTS, collection: { ...COUNTS.collection, key: [] } }, /it has no key/],
  ]
  for (const [constraints, binding, message] of refusals) {
    const { error } = await readToEnd(feed({ launch: constrained(constraints), config: {}, bindings: [binding] }))
    assert.match(error?.message ?? '', message)
    assert.equal(error?.code, 'unsuitable')
  }
  const twin = { ...COUNTS, collection: { ...COUNTS.collection, name: 'other/counts' } }
  const { message } = await readToEnd(feed({ launch: lab(false), config: {}, bindings: [COUNTS, twin] }))
  assert.match(message, /acme\/counts and other\/counts would be stored at the same place, counts\./)
  const told: JsonObject[] = []
  const launch = constrained({ id: optional, n: optional, last: { type: 'FIELD_FORBIDDEN' }, flow_document: optional })
  const noticing = `all.apply = ({ materialization }) => { log({ level: 'info', msg: 'applied', spec: materialization.bindings[0] }); answer({ applied: {} }) }`
  const listening: Launch = {
    ...launch,
    command: launch.command.map((part) => part.replace('; onRequest', `; ${noticing}; onRequest`)),
    onLog: ({ fields }) => void told.push(fields),
  }
  const bindings = [{ ...COUNTS, fields: { require: { n: { width: 8 } }, exclude: ['flow_document'] } }]
  assert.equal((await readToEnd(feed({ launch: listening, config: {}, bindings }))).error, null)
  const selections = told.map(({ spec }) => isJsonObject(spec) && spec.fieldSelection)
  assert.deepEqual(selections, [{ keys: ['id'], values: ['n'], fieldConfig: { n: { width: 8 } } }])
})
