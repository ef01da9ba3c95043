// Keeps refreshes away from a grant while it is ended or handed over: the lease that a refresh would take is held.
import { setTimeout as delay } from 'node:timers/promises'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { holdLease, withdraw } from './refresh-lease.ts'

/** Longer than a refresh may take, so that one under way is waited for. */
const PATIENCE_MS = 30_000
const HELD_SECONDS = 120
const POLL_MS = 100

/**
 * Runs `work` while nobody refreshes the grant. A connection without grant needs no holding.
 *
 * @throws Problem 409 `grant_busy` when a refresh does not end in time, and whatever `work` throws
 */
export async function holdGrant<Result>(
  services: Services,
  connection: { id: string; tenant_id: string },
  work: () => Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const version = await versionOf(services, connection)
    if (version === null) return work()
    const grant = { tenant_id: connection.tenant_id, connection_id: connection.id, version }
    const lease = await holdLease(services, grant, { seconds: HELD_SECONDS })
    if (lease !== null) {
      try {
        return await work()
      } finally {
        await withdraw(services, grant, lease)
      }
    }
    if (performance.now() > deadline) {
      throw new Problem(409, 'grant_busy', 'The grant is being refreshed. Try again in a minute.')
    }
    await delay(POLL_MS)
  }
}

async function versionOf({ db }: Services, connection: { id: string; tenant_id: string }): Promise<number | null> {
  const grant = await db
    .selectFrom('grants')
    .select('version')
    .where('tenant_id', '=', connection.tenant_id)
    .where('connection_id', '=', connection.id)
    .executeTakeFirst()
  return grant?.version ?? null
}
