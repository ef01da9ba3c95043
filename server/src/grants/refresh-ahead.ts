// Refreshes ahead of time. The queue is a column: `refresh_due_at` is committed with the tokens that it is about, and its
// index gives the next ones in order of expiry whatever the size of the table.
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Services } from '../services.ts'

/** Attempts at once in this process. */
const AT_ONCE = 32
const LONGEST_SLEEP_MS = 1000
/** Whoever takes a grant and dies leaves it to the others after so long. */
const TAKEN_SECONDS = 60

interface DueGrant {
  tenant_id: string
  connection_id: string
  version: number
}

export interface RefreshAhead {
  stop(): Promise<void>
}

/** Refreshes what falls due, until it is stopped. Any number of processes may do so on one database. */
export function startRefreshAhead(services: Services): RefreshAhead {
  const stopping = new AbortController()
  const active = new Set<Promise<void>>()

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
      return 0
    }
    await services.refresher.circuits.learn()
    const due = await takeDue(services, room)
    for (const grant of due) {
      const work = refreshOne(services, grant).finally(() => active.delete(work))
      active.add(work)
    }
    return due.length === room ? 0 : LONGEST_SLEEP_MS
  }

  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

async function takeDue({ db, now }: Services, limit: number): Promise<DueGrant[]> {
  const instant = now()
  const { rows } = await sql<DueGrant>`
    update grants set refresh_due_at = ${new Date(instant.getTime() + TAKEN_SECONDS * 1000)}
    where connection_id in (
      select connection_id from grants where refresh_due_at <= ${instant}
      order by refresh_due_at limit ${limit} for update skip locked
    )
    returning tenant_id, connection_id, version`.execute(db)
  return rows
}

async function refreshOne(services: Services, grant: DueGrant): Promise<void> {
  try {
    await services.refresher.refresh(grant, 'ahead')
  } catch (error) {
    const error_name = error instanceof Error ? error.name : typeof error
    services.log.warn({ error_name, connection_id: grant.connection_id }, 'a refresh ahead of time could not be made')
  }
}

/** How many grants are due and not yet refreshed. */
export async function countDue({ db, now }: Services): Promise<number> {
  const { rows } = await sql<{ due: string }>`
    select count(*) as due from grants where refresh_due_at <= ${now()}`.execute(db)
  return Number(rows[0]?.due ?? 0)
}
