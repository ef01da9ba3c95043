import { failureOf, followOutput } from '../events/follow-output.ts'
import type { DoneReason } from '../events/run-event.ts'
import type { Teller, ToldEvent } from '../events/teller.ts'
import type { Run } from '../run.ts'
import type { Exit } from '../runtime/runtime.ts'
import { type Counted, createBound } from './bound.ts'
import type { CaptureRequest } from './requests.ts'

export const READING = 'reading'

export interface Reading<E> {
  /** Makes events of whole lines. @throws OutputFault */
  hear(lines: Buffer): Iterable<E>
  /** Judges the end, and makes the last events. @throws ConnectorError, OutputFault */
  finish(exit: Exit, rest: Buffer): AsyncIterable<E>
}

/** Reads a source to its end or to a bound of the request. @throws ConnectorError */
export async function* followReading<E extends Counted>(
  run: Run,
  teller: Teller,
  request: CaptureRequest,
  reading: Reading<E>,
): AsyncGenerator<E | ToldEvent, DoneReason, void> {
  const bound = createBound(request, run.limits)
  const output = followOutput(run, teller, { idle_ms: bound.idle_ms, during: READING }, reading.hear)
  try {
    for (;;) {
      const { done, value } = await output.next()
      if (!done) {
        yield value
        const reason = bound.reached(value)
        if (reason) return reason
      } else if (value.kind === 'silent') {
        if (bound.mayIdle()) return 'idle'
        throw await run.fail('timeout', `said nothing for ${bound.idle_ms / 1000} s while reading. Look at its log.`)
      } else {
        for await (const event of reading.finish(value.exit, value.rest)) yield event
        return 'exited'
      }
    }
  } catch (error) {
    throw await failureOf(run, error)
  } finally {
    await output.return({ kind: 'silent' })
  }
}
