import { type JsonObject, type Secret, secret } from '@sluice/connector-specs'
import type { z } from 'zod'
import type { Launch, Limits, LogEvent } from '../launch.ts'
import { escapeControls } from '../printable.ts'
import { createRedactor } from '../redactor.ts'
import { type Received, type Run, startRun } from '../run.ts'
import { acknowledgeRequest, applyRequest, type CaptureRequest, openRequest } from './requests.ts'
import { applied, captured, checkpoint, opened, readResponse, sourcedSchema } from './responses.ts'
import { askOnce } from './unary.ts'

/**
 * What a running capture tells. Documents and schemas take effect at the next `checkpoint`; those after the last one
 * are not committed.
 */
export type RunEvent =
  | ({ type: 'log' } & LogEvent)
  | { type: 'status'; message: string }
  | { type: 'applied'; action_description: string }
  | { type: 'opened' }
  | { type: 'document'; binding: number; document: JsonObject }
  | { type: 'schema'; binding: number; schema: JsonObject }
  /** With `merge_patch`, `updated` is an RFC 7396 patch of the state; else it is the state. */
  | { type: 'checkpoint'; state: { updated: JsonObject; merge_patch: boolean } }
  | { type: 'config_update'; config: Secret<JsonObject> }
  | { type: 'done'; reason: DoneReason }

/** `idle`: a capture with `max_documents` or `stop_after_checkpoint` had nothing more to commit. */
export type DoneReason = 'exited' | 'max_documents' | 'checkpoint' | 'idle'

const BOUNDED_IDLE_MS = 30_000
const LOGS_HELD = 1_000

/**
 * Applies and opens a capture, and yields what it reads as fast as the caller takes it: a slow caller slows the
 * connector. A checkpoint is acknowledged when the caller comes back for the next event. Leaving the loop ends the
 * connector.
 *
 * @throws ConnectorError; the connector is gone by then, and the configs that it rotated have been yielded.
 */
export async function* capture(launch: Launch, request: CaptureRequest): AsyncGenerator<RunEvent, void, void> {
  const { redact } = createRedactor(launch.secrets)
  const held: RunEvent[] = []
  const bell = createBell()
  const tell = (event: RunEvent) => {
    held.push(event)
    bell.ring()
  }
  const listener = {
    onLog: (log: LogEvent) => tell({ type: 'log', ...log }),
    onStatus: (message: string) => tell({ type: 'status', message }),
    onConfigUpdate: (config: Secret<JsonObject>) => tell({ type: 'config_update', config: secret(config.reveal()) }),
  }
  let run: Run | null = null
  try {
    const { actionDescription } = await askOnce(launch, applyRequest(request), 'applied', applied, listener)
    yield* drain(held)
    yield { type: 'applied', action_description: escapeControls(redact(actionDescription)) }
    run = await startRun(launch, listener)
    const limits = captureLimits(launch, request, run.limits)
    run.send(openRequest(request))
    const reason = yield* pump(run, limits, request, held, bell)
    await run.stop()
    yield* drain(held)
    yield { type: 'done', reason }
  } catch (error) {
    yield* drain(held)
    throw error
  } finally {
    await run?.stop()
  }
}

async function* pump(
  run: Run,
  limits: Limits,
  request: CaptureRequest,
  held: RunEvent[],
  bell: Bell,
): AsyncGenerator<RunEvent, DoneReason, void> {
  const first = yield* receive(run, limits.timeout_ms, 'opening the capture', held, bell)
  if (first.kind === 'silent') {
    throw await run.fail('timeout', `did not open within ${limits.timeout_ms / 1000} s. Look at its log.`)
  }
  if (first.kind === 'end') throw await run.fail('protocol', 'exited without opening the capture.')
  const { explicitAcknowledgements } = await read(run, first.message, 'opened', opened)
  yield { type: 'opened' }

  let documents = 0
  let uncommitted = 0
  for (;;) {
    const received = yield* receive(run, limits.idle_ms, 'capturing', held, bell)
    if (received.kind === 'end') return 'exited'
    if (received.kind === 'silent') {
      if (isBounded(request) && uncommitted === 0) return 'idle'
      throw await run.fail('timeout', `said nothing for ${limits.idle_ms / 1000} s while capturing. Look at its log.`)
    }
    const event = await readEvent(run, received.message, request.bindings.length)
    yield event
    if (event.type === 'document') {
      documents += 1
      uncommitted += 1
      if (request.max_documents !== undefined && documents >= request.max_documents) return 'max_documents'
    }
    if (event.type === 'checkpoint') {
      uncommitted = 0
      if (explicitAcknowledgements) run.send(acknowledgeRequest(1))
      if (request.stop_after_checkpoint && documents > 0) return 'checkpoint'
    }
  }
}

/** The next message; while it is awaited, what comes on stderr is yielded. */
async function* receive(
  run: Run,
  waitMs: number,
  during: string,
  held: RunEvent[],
  bell: Bell,
): AsyncGenerator<RunEvent, Received, void> {
  const next = run.receive(waitMs, during)
  // The caller may take its time over a log; a failure in between is met at the next turn of the loop.
  next.catch(() => {})
  const arrived = next.then(
    () => true,
    () => true,
  )
  for (;;) {
    if (held.length > LOGS_HELD) run.pauseLogs()
    yield* drain(held)
    run.resumeLogs()
    if (await Promise.race([arrived, bell.rung().then(() => false)])) return await next
  }
}

async function readEvent(run: Run, message: JsonObject, bindings: number): Promise<RunEvent> {
  if ('checkpoint' in message) {
    const { state } = await read(run, message, 'checkpoint', checkpoint)
    return {
      type: 'checkpoint',
      state: { updated: state?.updated ?? {}, merge_patch: state ? state.mergePatch : true },
    }
  }
  if ('sourcedSchema' in message) {
    const { binding, schema } = await read(run, message, 'sourcedSchema', sourcedSchema)
    return { type: 'schema', binding: await known(run, binding, bindings), schema }
  }
  const { binding, doc } = await read(run, message, 'captured', captured)
  return { type: 'document', binding: await known(run, binding, bindings), document: doc }
}

async function read<T>(run: Run, message: JsonObject, key: string, schema: z.ZodType<T>): Promise<T> {
  const response = readResponse(message, key, schema)
  if ('fault' in response) throw await run.fail('protocol', `${escapeControls(response.fault)}. Mend the connector.`)
  return response.body
}

async function known(run: Run, binding: number, bindings: number): Promise<number> {
  if (binding < bindings) return binding
  throw await run.fail('protocol', `spoke of binding ${binding}, but the capture has ${bindings}. Mend the connector.`)
}

function isBounded(request: CaptureRequest): boolean {
  return request.max_documents !== undefined || request.stop_after_checkpoint === true
}

function captureLimits(launch: Launch, request: CaptureRequest, limits: Limits): Limits {
  const idle_ms = launch.limits?.idle_ms ?? (isBounded(request) ? BOUNDED_IDLE_MS : limits.idle_ms)
  return { ...limits, idle_ms }
}

function* drain(held: RunEvent[]): Generator<RunEvent> {
  for (let event = held.shift(); event; event = held.shift()) yield event
}

interface Bell {
  ring(): void
  /** Settles at the next ring, at once when it rang since the last call. */
  rung(): Promise<void>
}

function createBell(): Bell {
  let waiting = Promise.withResolvers<void>()
  return {
    ring: () => waiting.resolve(),
    async rung() {
      await waiting.promise
      waiting = Promise.withResolvers<void>()
    },
  }
}
