import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import type { z } from 'zod'
import { ConnectorError } from '../connector-error.ts'
import type { Launch } from '../launch.ts'
import { escapeControls } from '../printable.ts'
import type { RunOptions } from '../run.ts'
import { type MessageReader, messageReader } from './message-reader.ts'
import { readResponse } from './responses.ts'
import { type FlowRun, startFlowRun } from './start-flow-run.ts'

/**
 * Sends one request, closes stdin and reads exactly one response, within `timeout_ms` altogether.
 *
 * @throws ConnectorError; the connector is gone by then.
 */
export async function askOnce<T>(
  launch: Launch,
  request: JsonObject,
  key: string,
  schema: z.ZodType<T>,
  options?: RunOptions,
): Promise<T> {
  const operation = Object.keys(request)[0] ?? key
  const run = await startFlowRun(launch, configOf(request), options)
  const messages = messageReader(run)
  try {
    const deadline = performance.now() + run.limits.timeout_ms
    run.send(request)
    run.endInput()
    const response = await receiveOne(run, messages, operation, deadline)
    const read = readResponse(response, key, schema)
    if ('fault' in read) throw await run.fail('protocol', `${escapeControls(read.fault)}. Mend the connector.`)
    await expectEnd(run, messages, operation, deadline)
    return read.body
  } finally {
    await run.stop()
  }
}

/** The config that a request holds: at its top, or in the task that it is about. Asking for the spec needs none. */
function configOf(request: JsonObject): JsonObject | null {
  if ('spec' in request) return null
  const [body] = Object.values(request)
  const task = isJsonObject(body) ? (body.capture ?? body.materialization) : undefined
  const holder = isJsonObject(task) ? task : body
  return isJsonObject(holder) && isJsonObject(holder.config) ? holder.config : null
}

async function receiveOne(
  run: FlowRun,
  messages: MessageReader,
  operation: string,
  deadline: number,
): Promise<JsonObject> {
  const received = await messages.receive(deadline - performance.now(), `answering ${operation}`)
  if (received.kind === 'message') return received.message
  if (received.kind === 'end') {
    throw await run.fail('protocol', `exited without answering ${operation}. It must print one response.`)
  }
  throw await run.fail(
    'timeout',
    `did not answer ${operation} within ${run.limits.timeout_ms / 1000} s. Look at its log, or allow it more time.`,
  )
}

/** A connector that has answered and then lingers is ended; its answer holds. */
async function expectEnd(run: FlowRun, messages: MessageReader, operation: string, deadline: number): Promise<void> {
  const patience = Math.min(run.limits.grace_ms, Math.max(0, deadline - performance.now()))
  try {
    const received = await messages.receive(patience, `ending after ${operation}`)
    if (received.kind === 'message') {
      throw await run.fail('protocol', `gave more than one response to ${operation}. Mend the connector.`)
    }
  } catch (error) {
    if (!(error instanceof ConnectorError && error.code === 'timeout')) throw error
  }
}
