// Refreshes ahead of time. The queue is a column: `refresh_due_at` is committed with the tokens that it is about, and its
// index gives the next ones in order of expiry whatever the size of the table.
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Services } from '../services.ts'

/** Attempts at once in this process. */
const AT_ONCE = 64
const LONGEST_SLEEP_MS = 1000
/** Attempts end in groups, by the commits that they share; then the next ones are claimed together too. */
const GATHER_MS = 5

export interface RefreshAhead {
  stop(): Promise<void>
}

/** Refreshes what falls due, until it is stopped. Any number of processes may do so on one database. */
export function startRefreshAhead(services: Services): RefreshAhead {
  const stopping = new AbortController()
  const active = new Set<Promise<void>>()
  let learned = Number.NEGATIVE_INFINITY

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const pause = await round().catch((error: Error) => {
        services.log.warn({ error_name: error.name }, 'the queue of refreshes has trouble; it goes on trying')
        return LONGEST_SLEEP_MS
      })
      if (pause > 0) await delay(pause, null, { signal: stopping.signal }).catch(() => {})
    }
    await Promise.allSettled(active)
  }

  /** Takes what fits, and returns for how many milliseconds to rest. */
  async function round(): Promise<number> {
    const room = AT_ONCE - active.size
    if (room === 0) {
      await Promise.race(active)
      return GATHER_MS
    }
    await learn()
    const due = await services.refresher.refreshDue(room)
    for (const attempt of due) {
      const work = settled(attempt).finally(() => active.delete(work))
      active.add(work)
    }
    return due.length === room ? 0 : LONGEST_SLEEP_MS
  }

  async function learn(): Promise<void> {
    if (performance.now() - learned < LONGEST_SLEEP_MS) return
    await services.refresher.circuits.learn()
    learned = performance.now()
  }

  async function settled(attempt: Promise<unknown>): Promise<void> {
    try {
      await attempt
    } catch (error) {
      const error_name = error instanceof Error ? error.name : typeof error
      services.log.warn({ error_name }, 'a refresh ahead of time could not be made')
    }
  }

  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** How many grants are due and not yet refreshed. */
export async function countDue({ db, now }: Services): Promise<number> {
  const { rows } = await sql<{ due: string }>`
    select count(*) as due from grants where refresh_due_at <= ${now()}`.execute(db)
  return Number(rows[0]?.due ?? 0)
}
