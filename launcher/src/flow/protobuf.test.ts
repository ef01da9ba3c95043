// Flow's messages in protobuf, from connectors that have theirs by another library than the launcher.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConnectorError } from '../connector-error.ts'
import type { RunEvent } from '../events/run-event.ts'
import { launchScript } from '../fixtures/launch-script.ts'
import type { Launch } from '../launch.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { capture } from './capture.ts'
import { protobufCodec } from './codec/protobuf-codec.ts'
import { spec } from './operations.ts'

const MESSAGES = new URL('../../../lab/connectors/source-lab/protobuf-messages.ts', import.meta.url).href
const CAPTURE = new URL('../../../lab/connectors/source-lab/capture.proto', import.meta.url).href

const REQUEST: CaptureRequest = {
  name: 'acme/x',
  config: { token: 'ünïcödé' },
  state: { from: 7 },
  bindings: [
    {
      collection: { name: 'acme/pets', key: ['/id'], schema: { type: 'object' } },
      resource_config: { stream: 'pets' },
      resource_path: ['pets'],
      backfill: 2,
    },
  ],
}

/** A connector that tells each request, and runs `onOpen` with `respond` and `bytes` once it was opened. */
function speaking(onOpen: string, options: Partial<Launch> = {}): Launch {
  return launchScript(
    `import(${JSON.stringify(MESSAGES)}).then(async ({ openProtobuf }) => {
      const { requests, respond } = openProtobuf(new URL(${JSON.stringify(CAPTURE)}))
      const bytes = (...values) => process.stdout.write(Buffer.from(values))
      const checkpoint = (updated) => respond({ checkpoint: { state: { updated, mergePatch: true } } })
      for await (const request of requests()) {
        const [[operation, body]] = Object.entries(request)
        log({ level: 'info', msg: operation, codec: process.env.FLOW_RUNTIME_CODEC, body })
        if (operation === 'apply') await respond({ applied: { actionDescription: 'made ' + body.capture.bindings[0].stateKey } })
        if (operation === 'acknowledge') process.exit()
        if (operation === 'open') { ${onOpen} }
      }
    })`,
    { protobuf: true, ...options },
  )
}

async function collect(launch: Launch): Promise<{ events: RunEvent[]; error: ConnectorError | null }> {
  const events: RunEvent[] = []
  try {
    for await (const event of capture(launch, REQUEST)) events.push(event)
    return { events, error: null }
  } catch (error) {
    return { events, error: error as ConnectorError }
  }
}

const withoutLogs = (events: RunEvent[]) => events.filter(({ type }) => type !== 'log')

test('a capture in protobuf is asked and heard as in JSON: documents, schemas, checkpoints, acknowledgements', async () => {
  const { events, error } = await collect(
    speaking(`
      await respond({ opened: { explicitAcknowledgements: true } })
      for (let n = 0; n < 300; n += 1) await respond({ captured: { doc: { n, pad: 'é'.repeat(n * 10) } } })
      await respond({ sourcedSchema: { binding: 0, schema: { type: 'object' } } })
      await checkpoint({ at: 1 })`),
  )
  assert.equal(error, null)
  const documents = events.filter((event) => event.type === 'document')
  assert.deepEqual(
    documents.map(({ document }) => [document.n, String(document.pad).length]),
    Array.from({ length: 300 }, (_, n) => [n, n * 10]),
  )
  const [applied, opened, ...rest] = withoutLogs(events)
  assert.deepEqual([applied, opened], [{ type: 'applied', action_description: 'made pets.v2' }, { type: 'opened' }])
  assert.deepEqual(rest.slice(300), [
    { type: 'schema', binding: 0, schema: { type: 'object' } },
    { type: 'checkpoint', state: { updated: { at: 1 }, merge_patch: true } },
    { type: 'done', reason: 'exited' },
  ])
  const requests = events.flatMap((event) => (event.type === 'log' ? [[event.message, event.fields]] : []))
  assert.deepEqual(
    requests.map(([operation]) => operation),
    ['apply', 'open', 'acknowledge'],
  )
  assert.deepEqual(requests[1]?.[1], {
    codec: 'proto',
    body: {
      capture: {
        name: 'acme/x',
        connectorType: 'LOCAL',
        config: { token: 'ünïcödé' },
        intervalSeconds: 300,
        bindings: [
          {
            resourceConfig: { stream: 'pets' },
            resourcePath: ['pets'],
            collection: {
              name: 'acme/pets',
              key: ['/id'],
              writeSchema: { type: 'object' },
              readSchema: { type: 'object' },
            },
            backfill: 2,
            stateKey: 'pets.v2',
          },
        ],
      },
      version: '1',
      range: { keyEnd: 0xffffffff, rClockEnd: 0xffffffff },
      state: { from: 7 },
    },
  })
})

test('whatever is no message in protobuf ends the capture with a verdict that names the connector, as of the last checkpoint', async () => {
  const good = `await respond({ opened: {} }); await respond({ captured: { doc: { n: 1 } } }); await checkpoint({ at: 1 });`
  const large = 16 * 1024 * 1024 + 1
  const faults: [what: string, script: string, code: string, message: RegExp][] = [
    ['a length over the limit', `bytes(1, 0, 0, 1)`, 'output_too_large', /a message longer than 16777216 bytes/],
    [
      'a whole message over it',
      `bytes(${large & 255}, 0, 0, 1); process.stdout.write(Buffer.alloc(${large}))`,
      'output_too_large',
      /longer than/,
    ],
    ['JSON', `process.stdout.write('{"captured":{}}\\n')`, 'output_too_large', /none of `protobuf: true`/],
    ['half a message', `bytes(9, 0, 0, 0, 1, 2); process.exit()`, 'malformed_output', /an unfinished last message/],
    ['half a length', `bytes(9, 0); process.exit()`, 'malformed_output', /an unfinished last message/],
    [
      'garbage',
      `bytes(5, 0, 0, 0, 255, 255, 255, 255, 255)`,
      'malformed_output',
      /something that is no protocol message/,
    ],
    [
      'a document that is no JSON',
      `bytes(7, 0, 0, 0, 0x32, 5, 0x12, 3, 0x7b, 0x22, 0x61)`,
      'malformed_output',
      /no protocol message/,
    ],
    [
      'text that is no UTF-8',
      `bytes(6, 0, 0, 0, 0x32, 4, 0x12, 2, 0xff, 0xfe)`,
      'malformed_output',
      /no protocol message/,
    ],
    ['a message of no known kind', `bytes(3, 0, 0, 0, 0xba, 6, 0)`, 'protocol', /where "captured" was due/],
    ['an unknown binding', `await respond({ captured: { binding: 4, doc: {} } })`, 'protocol', /spoke of binding 4/],
    [
      'a schema of its own words',
      `await respond({ opened: {} })`,
      'protocol',
      /answered "opened" where "captured" was due/,
    ],
  ]
  const before = process.memoryUsage().rss
  for (const [what, script, code, message] of faults) {
    const { events, error } = await collect(speaking(good + script, { limits: { timeout_ms: 20_000 } }))
    assert.deepEqual([error?.code, error?.verdict], [code, 'connector_broken'], what)
    assert.match(error?.message ?? '', /^The connector test-connector /, what)
    assert.match(error?.message ?? '', message, what)
    const kept = withoutLogs(events).map(({ type }) => type)
    assert.deepEqual(kept, ['applied', 'opened', 'document', 'checkpoint'], what)
  }
  assert.ok(process.memoryUsage().rss - before < 200e6)
})

test('a connector that was told to speak protobuf and answers in JSON is told so, secrets left out', async () => {
  const launch = launchScript(`onRequest(() => {}); process.stdout.write('{"spec":{"token":"hunter2hunter2"}}\\n')`, {
    protobuf: true,
    secrets: ['hunter2hunter2'],
  })
  await assert.rejects(spec(launch), ({ code, message }: ConnectorError) => {
    assert.deepEqual([code, message.includes('hunter2')], ['output_too_large', false])
    return true
  })
})

test('a materialization says in protobuf by the greatest field number that its checkpoint is one of nothing', () => {
  const { decode } = protobufCodec('materialize')
  const empty = Buffer.from([0x22, 2, 0x0a, 0])
  const explicit = Buffer.from([0x22, 8, 0x0a, 6, 0xf8, 0xff, 0xff, 0xff, 0x0f, 1])
  assert.deepEqual(decode(empty), { message: { opened: { runtimeCheckpoint: {} } } })
  assert.deepEqual(decode(explicit), { message: { opened: { runtimeCheckpoint: { explicitZero: true } } } })
  assert.deepEqual(decode(Buffer.from([0x22, 0])), { message: { opened: {} } })
})
