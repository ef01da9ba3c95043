// Waits for rows to change, whichever replica changes them. One query every half second looks for all that anyone in this
// process waits for, and none runs while nobody waits; what this process changes itself wakes at once.
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import { Problem } from '../http/problem.ts'
import type { Database } from './schema.ts'

const LOOK_MS = 500
const MAXIMUM_WAITERS = 10_000
/** Whoever holds one row's token keeps nobody else from waiting. */
const MAXIMUM_WAITERS_EACH = 100

/** Tables whose rows count their changes in `version`. */
export type WatchedTable = 'connect_sessions' | 'runs'

export interface RowWatch {
  /**
   * Settles when the row is no longer at `version`, after `milliseconds`, or when `signal` is aborted.
   *
   * @throws Problem 503 `too_many_waiting`
   */
  changed(row: { id: string; version: number }, milliseconds: number, signal: AbortSignal): Promise<void>
  /** Says that this process changed the row. */
  wake(id: string): void
  /** Lets everybody go on; nobody waits any more. */
  stop(): void
  /** True from `stop` on: what would wait again ends instead. */
  readonly stopped: boolean
}

interface Waiter {
  id: string
  version: number
  go: () => void
}

export function createRowWatch(db: Kysely<Database>, table: WatchedTable, log: () => Logger): RowWatch {
  const waiters = new Set<Waiter>()
  /** How many wait for each session. */
  const waiting = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function look(): Promise<void> {
    const ids = [...new Set([...waiters].map(({ id }) => id))]
    const { rows } = await sql<{ id: string; version: number }>`
      select id, version from ${sql.table(table)} where id = any(${ids}::uuid[])`.execute(db)
    const versions = new Map(rows.map(({ id, version }) => [id, version]))
    for (const waiter of waiters) if (versions.get(waiter.id) !== waiter.version) waiter.go()
  }

  function lookLater(): void {
    if (stopped || timer !== undefined || waiters.size === 0) return
    timer = setTimeout(() => {
      look()
        .catch((error: Error) => log().warn({ error_name: error.name, table }, 'looking for changed rows failed'))
        .finally(() => {
          timer = undefined
          lookLater()
        })
    }, LOOK_MS)
    timer.unref()
  }

  return {
    async changed({ id, version }, milliseconds, signal) {
      if (stopped || signal.aborted || milliseconds <= 0) return
      const same = waiting.get(id) ?? 0
      if (waiters.size >= MAXIMUM_WAITERS || same >= MAXIMUM_WAITERS_EACH) {
        throw new Problem(503, 'too_many_waiting', 'Too many are waiting here. Ask again in some seconds.')
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      const go = () => resolve()
      const waiter: Waiter = { id, version, go }
      const timeUp = setTimeout(go, milliseconds)
      signal.addEventListener('abort', go, { once: true })
      waiters.add(waiter)
      waiting.set(id, same + 1)
      lookLater()
      await promise
      waiters.delete(waiter)
      const left = (waiting.get(id) ?? 1) - 1
      if (left === 0) waiting.delete(id)
      else waiting.set(id, left)
      clearTimeout(timeUp)
      signal.removeEventListener('abort', go)
    },
    wake(id) {
      for (const waiter of waiters) if (waiter.id === id) waiter.go()
    },
    stop() {
      stopped = true
      clearTimeout(timer)
      for (const waiter of waiters) waiter.go()
    },
    get stopped() {
      return stopped
    },
  }
}
