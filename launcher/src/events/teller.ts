// What a connector says on stderr comes while its next message is awaited: both are one stream of events.
import { type JsonObject, type Secret, secret } from '@sluice/connector-specs'
import type { LogEvent } from '../launch.ts'
import type { Run, RunListener } from '../run.ts'
import type { Metric, RunEvent } from './run-event.ts'

const LOGS_HELD = 1_000

export type ToldEvent = Extract<RunEvent, { type: 'log' | 'status' | 'metric' | 'config_update' }>

export interface Teller {
  /** To be given to the run. */
  listener: Required<RunListener>
  tell(event: ToldEvent): void
  /** What was told since the last call. */
  told(): ToldEvent[]
  /** Yields what is told until the promise settles, then returns its value. */
  until<T>(run: Run, promise: Promise<T>): AsyncGenerator<ToldEvent, T, void>
}

export function createTeller(): Teller {
  let held: ToldEvent[] = []
  let wake = () => {}
  const tell = (event: ToldEvent) => {
    held.push(event)
    wake()
  }
  const told = () => {
    const events = held
    held = []
    return events
  }
  return {
    listener: {
      onLog: (log: LogEvent) => tell({ type: 'log', ...log }),
      onStatus: (message: string) => tell({ type: 'status', message }),
      onMetric: (metric: Metric) => tell({ type: 'metric', ...metric }),
      onConfigUpdate: (config: Secret<JsonObject>) => tell({ type: 'config_update', config: secret(config.reveal()) }),
    },
    tell,
    told,
    async *until(run, promise) {
      let settled = false
      const settle = () => {
        settled = true
        wake()
      }
      // The caller may take its time over a log; a failure in between is met at the next turn of the loop.
      promise.then(settle, settle)
      for (;;) {
        if (held.length > LOGS_HELD) run.pauseLogs()
        yield* told()
        run.resumeLogs()
        if (settled) return await promise
        if (held.length > 0) continue
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}
