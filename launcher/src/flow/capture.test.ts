import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectorError } from '../connector-error.ts'
import type { RunEvent } from '../events/run-event.ts'
import { assertEnded, launchScript } from '../fixtures/launch-script.ts'
import type { Launch } from '../launch.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { capture } from './capture.ts'

const REQUEST: CaptureRequest = {
  name: 'acme/x',
  config: {},
  state: {},
  bindings: [
    { collection: { name: 'acme/pets', key: ['/id'], schema: {} }, resource_config: {}, resource_path: ['a b', 'c'] },
  ],
}

/** A connector that applies, and runs `onOpen` with `open` and `later` once it has opened. */
function capturing(onOpen: string, options: Partial<Launch> = {}): Launch {
  return launchScript(
    `onRequest((key, body) => {
      if (key === 'apply') answer({ applied: { actionDescription: 'made ' + body.capture.bindings[0].stateKey } })
      if (key === 'acknowledge') { log({ level: 'info', msg: 'acknowledged ' + body.checkpoints }); process.exit() }
      if (key === 'open') { const open = body; ${onOpen} }
    })`,
    options,
  )
}

const doc = (n: number | string) => `answer({ captured: { binding: 0, doc: { n: ${n} } } });`
const CHECKPOINT = `answer({ checkpoint: { state: { updated: { at: 1 }, mergePatch: true } } });`
const FOREVER = `log({ level: 'info', msg: 'up', pid: process.pid }); setInterval(() => {}, 1000);`

async function collect(launch: Launch, request: Partial<CaptureRequest> = {}) {
  const events: RunEvent[] = []
  try {
    for await (const event of capture(launch, { ...REQUEST, ...request })) events.push(event)
    return { events, error: null }
  } catch (error) {
    assert.ok(error instanceof ConnectorError, String(error))
    return { events, error }
  }
}

const kinds = (events: RunEvent[]) => events.map(({ type }) => type).filter((type) => type !== 'log')

test('a capture applies, opens, yields documents, schemas and checkpoints in order, and ends with the connector', async () => {
  const { events, error } = await collect(
    capturing(`answer({ opened: {} }); ${doc(1)}
      answer({ sourcedSchema: { binding: 0, schema_json: { type: 'object' } } });
      ${CHECKPOINT} ${doc('open.state.from')} answer({ checkpoint: { state: { updated: { all: true } } } }); process.stdin.destroy()`),
    { state: { from: 7 } },
  )
  assert.equal(error, null)
  assert.deepEqual(events, [
    { type: 'applied', action_description: 'made a%20b/c' },
    { type: 'opened' },
    { type: 'document', binding: 0, document: { n: 1 } },
    { type: 'schema', binding: 0, schema: { type: 'object' } },
    { type: 'checkpoint', state: { updated: { at: 1 }, merge_patch: true } },
    { type: 'document', binding: 0, document: { n: 7 } },
    { type: 'checkpoint', state: { updated: { all: true }, merge_patch: false } },
    { type: 'done', reason: 'exited' },
  ])
})

test('checkpoints are acknowledged only when the connector asks for it', async () => {
  // The connector ends when it is acknowledged, or when it has waited for that in vain.
  const open = (explicit: boolean) =>
    capturing(`answer({ opened: { explicitAcknowledgements: ${explicit} } }); ${doc(1)} ${CHECKPOINT}
      setTimeout(() => process.exit(), ${explicit ? 10_000 : 200})`)
  const acknowledged = (events: RunEvent[]) =>
    events.some((event) => event.type === 'log' && event.message === 'acknowledged 1')
  assert.equal(acknowledged((await collect(open(true))).events), true)
  assert.equal(acknowledged((await collect(open(false))).events), false)
})

test('max_documents, stop_after_checkpoint and leaving the loop each end a connector that would run for ever', async () => {
  const endless = (before: string) => {
    const pids: number[] = []
    const launch = capturing(`${FOREVER} answer({ opened: {} }); ${before}`, {
      onLog: ({ fields }) => void (fields.pid && pids.push(Number(fields.pid))),
    })
    return { launch, pids }
  }
  const limited = endless(`for (let n = 0; n < 50; n++) { ${doc('n')} }`)
  const { events } = await collect(limited.launch, { max_documents: 3 })
  assert.deepEqual(kinds(events), ['applied', 'opened', 'document', 'document', 'document', 'done'])
  assert.deepEqual(events.at(-1), { type: 'done', reason: 'max_documents' })

  const committed = endless(`${CHECKPOINT} ${doc(1)} ${CHECKPOINT} ${doc(2)}`)
  const second = await collect(committed.launch, { stop_after_checkpoint: true })
  assert.deepEqual(kinds(second.events), ['applied', 'opened', 'checkpoint', 'document', 'checkpoint', 'done'])

  const left = endless(doc(1))
  for await (const event of capture(left.launch, REQUEST)) if (event.type === 'document') break

  const pids = [...limited.pids, ...committed.pids, ...left.pids]
  assert.equal(pids.length, 3)
  for (const pid of pids) await assertEnded(pid)
})

test('a bounded capture that has nothing more to commit is done when idle; with uncommitted documents it has failed', async () => {
  const limits = { idle_ms: 400, grace_ms: 200 }
  const caughtUp = await collect(capturing(`${FOREVER} answer({ opened: {} }); ${doc(1)} ${CHECKPOINT}`, { limits }), {
    max_documents: 10,
  })
  assert.deepEqual(caughtUp.events.at(-1), { type: 'done', reason: 'idle' })
  const stuck = await collect(capturing(`${FOREVER} answer({ opened: {} }); ${doc(1)}`, { limits }), {
    max_documents: 10,
  })
  assert.equal(stuck.error?.code, 'timeout')
  const unopened = await collect(capturing(FOREVER, { limits: { timeout_ms: 500, grace_ms: 100 } }))
  assert.match(unopened.error?.message ?? '', /did not open within 0.5 s/)
})

test('a slow reader slows the connector instead of filling memory', async () => {
  const launch = capturing(`answer({ opened: {} })
    const line = JSON.stringify({ captured: { binding: 0, doc: { pad: 'x'.repeat(65536) } } }) + '\\n'
    let written = 0
    const write = () => { while (process.stdout.write(line)) written++; process.stdout.once('drain', write) }
    setInterval(() => log({ level: 'info', msg: 'written', written }), 50)
    write()`)
  let written = 0
  for await (const event of capture(launch, REQUEST)) {
    if (event.type !== 'document') continue
    // The reader rests for a few of the connector's own reports.
    const { promise, resolve } = Promise.withResolvers<void>()
    let reports = 0
    launch.onLog = ({ fields }) => {
      written = Number(fields.written ?? 0)
      reports += 1
      if (reports === 4) resolve()
    }
    await promise
    break
  }
  assert.ok(written < 40, `the connector had written ${written} documents of 64 kB`)
})

test('a rotated config is an event of its own, never a log, is redacted from then on, and survives a crash', async () => {
  const updates: unknown[] = []
  const { events, error } = await collect(
    capturing(
      `answer({ opened: {} })
       log({ level: 'info', msg: 'rotated', fields: { eventType: 'configUpdate', config: { credentials: { refresh_token: 'rotated-refresh-token' } } } })
       log({ level: 'info', msg: 'now using rotated-refresh-token' })
       log({ level: 'error', msg: 'crashed' })
       process.exit(1)`,
      { onConfigUpdate: (config) => void updates.push(config.reveal()) },
    ),
  )
  assert.equal(error?.code, 'exited')
  const update = events.find((event) => event.type === 'config_update')
  assert.deepEqual(update?.config.reveal(), { credentials: { refresh_token: 'rotated-refresh-token' } })
  assert.deepEqual(updates, [update?.config.reveal()])
  const logs = events.filter((event) => event.type === 'log').map(({ message }) => message)
  assert.deepEqual(logs, ['now using [redacted]', 'crashed'])
  assert.equal(JSON.stringify([events, error?.stderr, error?.message]).includes('rotated-refresh-token'), false)
})

test('statuses are events, and faults inside a capture name the connector', async () => {
  const { events, error } = await collect(
    capturing(`answer({ opened: {} })
      log({ level: 'info', msg: 'Reading pets', fields: { eventType: 'connectorStatus' } })
      answer({ captured: { binding: 5, doc: {} } })`),
  )
  assert.equal(error?.code, 'protocol')
  assert.match(error?.message ?? '', /test-connector spoke of binding 5, but the capture has 1/)
  assert.ok(events.some((event) => event.type === 'status' && event.message === 'Reading pets'))
  const garbage = await collect(capturing(`answer({ opened: {} }); process.stdout.write('oops\\n')`))
  assert.equal(garbage.error?.code, 'malformed_output')
  const failing = await collect(launchScript(`log({ level: 'error', msg: 'cannot apply' }); process.exit(2)`))
  assert.deepEqual([failing.error?.code, failing.error?.exit_code], ['exited', 2])
})

test('a capture can be cancelled', async () => {
  const abort = new AbortController()
  const launch = capturing(`${FOREVER} answer({ opened: {} })`, { signal: abort.signal })
  launch.onLog = () => abort.abort()
  assert.equal((await collect(launch)).error?.code, 'canceled')
})
