// Waits for another process' attempt to end: its commit, or its lease. One small query looks for all grants that anyone in
// this process waits for, and none runs while nobody waits. (NOTIFY would take a lock that all commits share.)
import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'
import type { Grant } from './grant.ts'
import { isHeld } from './refresh-lease.ts'

const LOOK_MS = 20

type GrantVersion = Pick<Grant, 'tenant_id' | 'connection_id' | 'version'>

export interface AttemptFollower {
  /** Settles when the version is over or nobody holds it, `milliseconds` at most, and never at once. */
  ended(grant: GrantVersion, milliseconds: number): Promise<void>
}

interface Waiter {
  grant: GrantVersion
  go: () => void
}

export function followAttempts(db: Kysely<Database>): AttemptFollower {
  const waiters = new Set<Waiter>()
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    const asked = [...waiters]
    const tenants = asked.map(({ grant }) => grant.tenant_id)
    const connections = asked.map(({ grant }) => grant.connection_id)
    const versions = asked.map(({ grant }) => grant.version)
    const { rows } = await sql<{ place: number }>`
      select wanted.place::int from unnest(${tenants}::uuid[], ${connections}::uuid[], ${versions}::int[])
        with ordinality as wanted (tenant_id, connection_id, version, place)
      join grants on grants.tenant_id = wanted.tenant_id and grants.connection_id = wanted.connection_id
        and grants.version = wanted.version and ${isHeld}`.execute(db)
    const held = new Set(rows.map(({ place }) => place - 1))
    for (const [index, waiter] of asked.entries()) if (!held.has(index)) waiter.go()
  }

  function lookLater(): void {
    if (timer !== undefined || waiters.size === 0) return
    timer = setTimeout(() => {
      // A database that is away tells whoever asks it next.
      look()
        .catch(() => {
          for (const { go } of waiters) go()
        })
        .finally(() => {
          timer = undefined
          lookLater()
        })
    }, LOOK_MS)
  }

  return {
    async ended(grant, milliseconds) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const waiter: Waiter = { grant, go: () => resolve() }
      const timeUp = setTimeout(waiter.go, Math.max(LOOK_MS, milliseconds))
      waiters.add(waiter)
      lookLater()
      await promise
      waiters.delete(waiter)
      clearTimeout(timeUp)
    },
  }
}
