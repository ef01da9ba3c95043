import type { JsonObject } from '@sluice/connector-specs'
import { failureOf } from '../events/follow-output.ts'
import type { Launch } from '../launch.ts'
import { splitLines } from '../ndjson.ts'
import { type Run, startRun } from '../run.ts'
import { airbyteFiles } from './files.ts'
import { type AirbyteAnswer, type AirbyteListener, airbyteListener } from './listener.ts'

/**
 * Runs `spec`, `check` or `discover` to its end, within `timeout_ms` altogether. What it says after its answer counts
 * too: a rotated config may come last.
 *
 * @returns the last answer of the wanted type, or null when it gave none
 * @throws ConnectorError; the connector is gone by then
 */
export async function askAirbyte<T extends AirbyteAnswer['type']>(
  launch: Launch,
  operation: 'spec' | 'check' | 'discover',
  config: JsonObject | null,
  wanted: T,
): Promise<{ answer: Extract<AirbyteAnswer, { type: T }> | null; succeeded: boolean }> {
  const run = await startRun(launch, { files: await airbyteFiles(operation, { ...(config && { config }) }, launch) })
  try {
    run.endInput()
    const listener = airbyteListener(run, launch, config)
    const answers = await hearAll(run, listener, operation)
    const found = answers.findLast((message) => message.type === wanted)
    // The type was compared just now.
    const answer = (found as Extract<AirbyteAnswer, { type: T }> | undefined) ?? null
    return { answer, succeeded: listener.succeeded() }
  } finally {
    await run.stop()
  }
}

async function hearAll(run: Run, listener: AirbyteListener, operation: string): Promise<AirbyteAnswer[]> {
  const during = `answering ${operation}`
  const deadline = performance.now() + run.limits.timeout_ms
  const answers: AirbyteAnswer[] = []
  const hear = (line: Buffer) => {
    const answer = listener.hear(line)
    if (answer?.type === 'SPEC' || answer?.type === 'CATALOG') answers.push(answer)
  }
  try {
    for (;;) {
      const received = await run.receive(deadline - performance.now(), during)
      if (received.kind === 'lines') {
        for (const line of splitLines(received.lines)) hear(line)
      } else if (received.kind === 'end') {
        hear(received.rest)
        await listener.judge(received.exit, during)
        return answers
      } else {
        const seconds = run.limits.timeout_ms / 1000
        throw await run.fail(
          'timeout',
          `did not end ${operation} within ${seconds} s. Look at its log, or allow it more time.`,
        )
      }
    }
  } catch (error) {
    throw await failureOf(run, error)
  }
}
