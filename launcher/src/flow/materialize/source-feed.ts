import type { RunEvent } from '../../events/run-event.ts'
import type { Teller } from '../../events/teller.ts'
import type { WireLines, WriteRequest } from '../../protocol/wire.ts'
import { within } from '../../waiting.ts'

export type Fed =
  | { kind: 'event'; event: RunEvent | WireLines }
  | { kind: 'ended' }
  | { kind: 'failed'; error: unknown }

/** A source's events one by one, with the one that comes next asked for already. */
export interface SourceFeed {
  /** Null when nothing came within `waitMs`; it is still the next one then. */
  next(waitMs: number): Promise<Fed | null>
  /** Ends the source. */
  end(): void
}

/** What the source tells of itself is passed on to the teller. */
export function followSource(input: WriteRequest['input'], teller: Teller): SourceFeed {
  const events = input[Symbol.asyncIterator]()
  let upcoming: Promise<Fed> | null = null
  const ask = async (): Promise<Fed> => {
    try {
      for (;;) {
        const { done, value } = await events.next()
        if (done) return { kind: 'ended' }
        if (value.type !== 'log' && value.type !== 'metric' && value.type !== 'config_update') {
          return { kind: 'event', event: value }
        }
        teller.tell(value)
      }
    } catch (error) {
      return { kind: 'failed', error }
    }
  }
  return {
    async next(waitMs) {
      upcoming ??= ask()
      const fed = Number.isFinite(waitMs) ? await within(waitMs, upcoming) : await upcoming
      if (fed) upcoming = null
      return fed
    },
    // A source that waits for its connector ends once that is stopped; `pipe` sees to it.
    end: () => void Promise.resolve(events.return?.()).catch(() => {}),
  }
}
