import { failureOf, followOutput } from '../events/follow-output.ts'
import type { RunEvent } from '../events/run-event.ts'
import type { Teller } from '../events/teller.ts'
import type { Run } from '../run.ts'
import type { Exit } from '../runtime/runtime.ts'
import type { WireLines, WriteRequest } from './wire.ts'

export const WRITING = 'writing'

export interface Destination {
  /** What stdin begins with. */
  begin(): string
  /** What the destination is given for an event of the source; null for nothing. */
  encode(event: RunEvent | WireLines): string | Buffer | null
  /** What stdin ends with when the source has ended well. */
  end(): string
  /** Makes events of the destination's own lines. @throws OutputFault */
  hear(lines: Buffer): Iterable<RunEvent>
  /** @throws ConnectorError when the destination did not end well */
  judge(exit: Exit): Promise<void>
}

/**
 * Feeds a destination as fast as it reads. When the source fails, the destination may finish what it was given, so that
 * its last states count, and then the source's error is thrown.
 *
 * @throws ConnectorError
 */
export async function* feed(
  run: Run,
  teller: Teller,
  input: WriteRequest['input'],
  destination: Destination,
): AsyncGenerator<RunEvent, void, void> {
  const source = input[Symbol.asyncIterator]()
  let failure: { error: unknown } | null = null
  let exhausted = false
  let over = false
  const give = async () => {
    try {
      await run.write(destination.begin())
      while (!over) {
        const { done, value } = await source.next()
        if (done) break
        if (value.type === 'log' || value.type === 'metric' || value.type === 'config_update') teller.tell(value)
        const piece = destination.encode(value)
        if (piece) await run.write(piece)
      }
      if (!over) await run.write(destination.end())
      exhausted = true
    } catch (error) {
      failure = { error }
    } finally {
      run.endInput()
    }
  }
  const given = give()
  const limits = { idle_ms: run.limits.idle_ms, during: WRITING }
  try {
    const end = yield* followOutput(run, teller, limits, destination.hear)
    over = true
    if (end.kind === 'silent') {
      throw await run.fail('timeout', `said nothing for ${limits.idle_ms / 1000} s while writing. Look at its log.`)
    }
    yield* destination.hear(end.rest)
    await destination.judge(end.exit)
    if (failure) throw (failure as { error: unknown }).error
    if (!exhausted)
      throw await run.fail('incomplete', 'exited before it had read all that it was given. Look at its log.')
  } catch (error) {
    throw await failureOf(run, error)
  } finally {
    over = true
    // A source that waits for its connector ends once that is stopped; `pipe` sees to it.
    void Promise.resolve(source.return?.()).catch(() => {})
    void given
  }
}
