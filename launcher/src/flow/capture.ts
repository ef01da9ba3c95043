import type { JsonObject } from '@sluice/connector-specs'
import type { z } from 'zod'
import type { DoneReason, RunEvent } from '../events/run-event.ts'
import { createTeller, type Teller } from '../events/teller.ts'
import type { Launch } from '../launch.ts'
import { escapeControls } from '../printable.ts'
import { createBound } from '../protocol/bound.ts'
import type { CaptureRequest } from '../protocol/requests.ts'
import { createRedactor } from '../redactor.ts'
import { type MessageReader, messageReader, type ReceivedMessage } from './message-reader.ts'
import { acknowledgeRequest, applyRequest, openRequest } from './requests.ts'
import { applied, captured, checkpoint, opened, readResponse, sourcedSchema } from './responses.ts'
import { type FlowRun, startFlowRun } from './start-flow-run.ts'
import { askOnce } from './unary.ts'

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
  let run: FlowRun | null = null
  try {
    const { actionDescription } = await askOnce(launch, applyRequest(request), 'applied', applied, teller)
    yield* teller.told()
    yield { type: 'applied', action_description: escapeControls(redact(actionDescription)) }
    run = await startFlowRun(launch, request.config, teller)
    run.send(openRequest(request))
    const reason = yield* pump(run, request, teller)
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
  run: FlowRun,
  request: CaptureRequest,
  teller: Teller,
): AsyncGenerator<RunEvent, DoneReason, void> {
  const { limits } = run
  const messages = messageReader(run)
  const first = yield* teller.until(run, messages.receive(limits.timeout_ms, 'opening the capture'))
  if (first.kind === 'silent') {
    throw await run.fail('timeout', `did not open within ${limits.timeout_ms / 1000} s. Look at its log.`)
  }
  if (first.kind === 'end') throw await run.fail('protocol', 'exited without opening the capture.')
  const { explicitAcknowledgements } = await read(run, first.message, 'opened', opened)
  yield { type: 'opened' }

  const bound = createBound(request, limits)
  for (;;) {
    const received = yield* next(run, messages, bound.idle_ms, teller)
    if (received.kind === 'end') return 'exited'
    if (received.kind === 'silent') {
      if (bound.mayIdle()) return 'idle'
      throw await run.fail('timeout', `said nothing for ${bound.idle_ms / 1000} s while capturing. Look at its log.`)
    }
    const event = await readEvent(run, received.message, request.bindings.length)
    yield event
    if (event.type === 'checkpoint' && explicitAcknowledgements) run.send(acknowledgeRequest(1))
    const reason = bound.reached(event)
    if (reason) return reason
  }
}

/** The next message; while it is awaited, what comes on stderr is yielded. */
async function* next(
  run: FlowRun,
  messages: MessageReader,
  waitMs: number,
  teller: Teller,
): AsyncGenerator<RunEvent, ReceivedMessage, void> {
  const message = messages.take()
  if (!message) return yield* teller.until(run, messages.receive(waitMs, 'capturing'))
  yield* teller.told()
  return { kind: 'message', message: await message }
}

async function readEvent(run: FlowRun, message: JsonObject, bindings: number): Promise<RunEvent> {
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

async function read<T>(run: FlowRun, message: JsonObject, key: string, schema: z.ZodType<T>): Promise<T> {
  const response = readResponse(message, key, schema)
  if ('fault' in response) throw await run.fail('protocol', `${escapeControls(response.fault)}. Mend the connector.`)
  return response.body
}

async function known(run: FlowRun, binding: number, bindings: number): Promise<number> {
  if (binding < bindings) return binding
  throw await run.fail('protocol', `spoke of binding ${binding}, but the capture has ${bindings}. Mend the connector.`)
}
