// A grant whose access token still lives a while. Whoever finds it too old refreshes it: one process at a time, by a
// lease in the row; the others wait for what it commits.
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import { type Grant, type GrantedConnection, readGrant } from './grant.ts'
import { refreshGrant } from './refresh-grant.ts'

/** Longer than the guarded fetch waits for a provider, so that no lease ends during its owner's own call. */
const LEASE_SECONDS = 60
const FOLLOWER_POLL_MS = 100
/** The share of its lifetime after which an access token is refreshed. */
const STALE_AFTER = 0.9

/**
 * The connection's grant, refreshed first when its access token has used up nine tenths of its life.
 *
 * @throws Problem `reauthorization_required` when the provider says that the grant is dead, or when the token has
 *   expired and there is nothing to refresh it with; OAuthError with its verdict otherwise.
 */
export async function freshGrant(services: Services, connection: GrantedConnection): Promise<Grant> {
  await requireEnabled(services, connection)
  for (;;) {
    const grant = await readGrant(services, connection)
    const age = ageOf(grant, services.now())
    if (age === 'fresh') return grant
    if (grant.refresh_token === null) {
      if (age === 'stale') return grant
      throw await reauthorizationRequired(
        services,
        connection,
        'The access token expired, and the provider gave no refresh token.',
      )
    }
    const leaseOwner = await claimLease(services, grant)
    if (leaseOwner === null) await delay(FOLLOWER_POLL_MS)
    else await refreshUnderLease(services, connection, grant, leaseOwner)
  }
}

/** @throws Problem 409 `connection_disabled` */
async function requireEnabled({ db }: Services, connection: GrantedConnection): Promise<void> {
  const row = await db
    .selectFrom('connections')
    .select('disabled_at')
    .where('tenant_id', '=', connection.tenant_id)
    .where('id', '=', connection.id)
    .executeTakeFirst()
  if (row === undefined || row.disabled_at === null) return
  throw new Problem(
    409,
    'connection_disabled',
    'The connection is disabled, so its grant is not used. PATCH it with {"disabled": false} to use it again.',
  )
}

function ageOf(grant: Grant, now: Date): 'fresh' | 'stale' | 'expired' {
  if (grant.access_token_expires_at === null) return 'fresh'
  const issued = grant.issued_at.getTime()
  const expires = grant.access_token_expires_at.getTime()
  if (expires <= now.getTime()) return 'expired'
  return now.getTime() < issued + (expires - issued) * STALE_AFTER ? 'fresh' : 'stale'
}

/** Claims the right to refresh this version of the grant; null when another process has it. */
async function claimLease({ db }: Services, grant: Grant): Promise<string | null> {
  const leaseOwner = uuidv7()
  const claimed = await db
    .updateTable('grants')
    .set({ lease_owner: leaseOwner, lease_until: sql`now() + make_interval(secs => ${LEASE_SECONDS})` })
    .where('tenant_id', '=', grant.tenant_id)
    .where('connection_id', '=', grant.connection_id)
    .where('version', '=', grant.version)
    .where((row) => row.or([row('lease_until', 'is', null), row('lease_until', '<', sql<Date>`now()`)]))
    .executeTakeFirst()
  return claimed.numUpdatedRows === 1n ? leaseOwner : null
}

async function refreshUnderLease(
  services: Services,
  connection: GrantedConnection,
  grant: Grant,
  leaseOwner: string,
): Promise<void> {
  try {
    const outcome = await refreshGrant(services, connection, grant, leaseOwner)
    if (outcome.dead !== null) throw await reauthorizationRequired(services, connection, outcome.dead)
  } finally {
    await services.db
      .updateTable('grants')
      .set({ lease_owner: null, lease_until: null })
      .where('tenant_id', '=', grant.tenant_id)
      .where('connection_id', '=', grant.connection_id)
      .where('lease_owner', '=', leaseOwner)
      .execute()
  }
}

async function reauthorizationRequired(
  { db, now }: Services,
  connection: GrantedConnection,
  reason: string,
): Promise<Problem> {
  await db
    .updateTable('connections')
    .set({ status: 'needs_reauthorization', status_reason: reason, updated_at: now() })
    .where('tenant_id', '=', connection.tenant_id)
    .where('id', '=', connection.id)
    .execute()
  return new Problem(409, 'reauthorization_required', `${reason} The person must authorize again.`)
}
