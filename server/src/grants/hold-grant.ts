// Keeps refreshes away from a grant while it is ended or handed over: the lease that a refresh would take is held.
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'

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
  const owner = uuidv7()
  await claim(services, connection, owner)
  try {
    return await work()
  } finally {
    await services.db
      .updateTable('grants')
      .set({ lease_owner: null, lease_until: null })
      .where('tenant_id', '=', connection.tenant_id)
      .where('connection_id', '=', connection.id)
      .where('lease_owner', '=', owner)
      .execute()
  }
}

async function claim({ db }: Services, connection: { id: string; tenant_id: string }, owner: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const claimed = await db
      .updateTable('grants')
      .set({ lease_owner: owner, lease_until: sql`now() + make_interval(secs => ${HELD_SECONDS})` })
      .where('tenant_id', '=', connection.tenant_id)
      .where('connection_id', '=', connection.id)
      .where((row) => row.or([row('lease_until', 'is', null), row('lease_until', '<', sql<Date>`now()`)]))
      .executeTakeFirst()
    if (claimed.numUpdatedRows === 1n) return
    const standing = await db
      .selectFrom('grants')
      .select('connection_id')
      .where('tenant_id', '=', connection.tenant_id)
      .where('connection_id', '=', connection.id)
      .executeTakeFirst()
    if (standing === undefined) return
    if (performance.now() > deadline) {
      throw new Problem(409, 'grant_busy', 'The grant is being refreshed. Try again in a minute.')
    }
    await delay(POLL_MS)
  }
}
