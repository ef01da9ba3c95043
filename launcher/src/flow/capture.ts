import type { JsonObject } from '@sluice/connector-specs'
import type { z } from 'zod'
import type { DoneReason, RunEvent } from '../events/run-event.ts'
import { createTeller, type Teller } from '../events/teller.ts'
import type { Launch, Limits } from '../launch.ts'
import { escapeControls } from '../printable.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { createRedactor } from '../redactor.ts'
import { type Run, startRun } from '../run.ts'
import { type MessageReader, messageReader, type ReceivedMessage } from './message-reader.ts'
import { acknowledgeRequest, applyRequest, openRequest } from './requests.ts'
import { applied, captured, checkpoint, opened, readResponse, sourcedSchema } from './responses.ts'
import { askOnce } from './unary.ts'

const BOUNDED_IDLE_MS = 30_000

/**
 * Applies and opens a capture, and yields what it reads as fast as the caller takes it: a slow caller slows the
 * connector. A checkpoint is acknowledged when the caller comes back for the next event. Leaving the loop ends the
 * connector.
 *
 * @throws ConnectorError; the connector is gone by then, and the configs that it rotated have been yielded.
 */
export async function* capture(launch: Launch, request: CaptureRequest): AsyncGenerator<RunEvent, void, void> {
  const { redact } = createRedactor(launch.secrets)
  const teller = createTeller()
  let run: Run | null = null
  try {
    const { actionDescription } = await askOnce(launch, applyRequest(request), 'applied', applied, teller)
    yield* teller.told()
    yield { type: 'applied', action_description: escapeControls(redact(actionDescription)) }
    run = await startRun(launch, teller)
    const limits = captureLimits(launch, request, run.limits)
    run.send(openRequest(request))
    const reason = yield* pump(run, limits, request, teller)
    await run.stop()
    yield* teller.told()
    yield { type: 'done', reason }
  } catch (error) {
    yield* teller.told()
    throw error
  } finally {
    await run?.stop()
  }
}

async function* pump(
  run: Run,
  limits: Limits,
  request: CaptureRequest,
  teller: Teller,
): AsyncGenerator<RunEvent, DoneReason, void> {
  const messages = messageReader(run)
  const first = yield* teller.until(run, messages.receive(limits.timeout_ms, 'opening the capture'))
  if (first.kind === 'silent') {
    throw await run.fail('timeout', `did not open within ${limits.timeout_ms / 1000} s. Look at its log.`)
  }
  if (first.kind === 'end') throw await run.fail('protocol', 'exited without opening the capture.')
  const { explicitAcknowledgements } = await read(run, first.message, 'opened', opened)
  yield { type: 'opened' }

  let documents = 0
  let uncommitted = 0
  for (;;) {
    const received = yield* next(run, messages, limits.idle_ms, teller)
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
async function* next(
  run: Run,
  messages: MessageReader,
  waitMs: number,
  teller: Teller,
): AsyncGenerator<RunEvent, ReceivedMessage, void> {
  const message = messages.take()
  if (!message) return yield* teller.until(run, messages.receive(waitMs, 'capturing'))
  yield* teller.told()
  return { kind: 'message', message: await message }
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
