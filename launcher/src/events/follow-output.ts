import { OutputFault } from '../output-fault.ts'
import type { Run } from '../run.ts'
import type { Exit } from '../runtime/runtime.ts'
import type { Teller, ToldEvent } from './teller.ts'

/** What a run's output comes to: it was read to its end, or nothing came for as long as it may be silent. */
export type OutputEnd = { kind: 'end'; exit: Exit; rest: Buffer } | { kind: 'silent' }

/**
 * Reads a run's stdout to its end. `hear` makes events of whole lines as they come; what is told beside them stands
 * where it was told.
 *
 * @throws ConnectorError of what `hear` throws as OutputFault, and as `Run.receive` does
 */
export async function* followOutput<E>(
  run: Run,
  teller: Teller,
  { idle_ms, during }: { idle_ms: number; during: string },
  hear: (lines: Buffer) => Iterable<E>,
): AsyncGenerator<E | ToldEvent, OutputEnd, void> {
  for (;;) {
    const received = yield* teller.until(run, run.receive(idle_ms, during))
    if (received.kind !== 'lines') return received
    try {
      for (const event of hear(received.lines)) {
        yield* teller.told()
        yield event
      }
      yield* teller.told()
    } catch (error) {
      throw await failureOf(run, error)
    }
  }
}

/** The error to throw for a fault in the output; others pass. The connector is gone by then. */
export async function failureOf(run: Run, error: unknown): Promise<unknown> {
  if (!(error instanceof OutputFault)) return error
  const { code, sentence, line } = error
  return line ? await run.failLine(line, sentence, 'Mend the connector.') : await run.fail(code, sentence)
}
