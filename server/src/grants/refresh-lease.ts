// The right to refresh one version of a grant: owned, bounded in time, and fenced. Its owner is one attempt, so whoever
// was paused past the lease finds another owner in the row and writes nothing. One statement claims any number of grants,
// writes down that their provider is about to be called, and reads what the calls need.
import { type RawBuilder, sql } from 'kysely'
import type { ConnectionRow } from '../connections/connection.ts'
import type { RefreshTrigger } from '../database/schema.ts'
import type { ClientRow } from '../integrations/find-integration.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import type { Grant, GrantRow } from './grant.ts'

export interface RefreshLease {
  /** Id of the attempt, in the lease and in the journal. */
  attempt: string
  /** Seconds since an attempt began whose end nobody knows; null when all ends are known. */
  in_doubt_seconds: number | null
  /** Until when the lease certainly lasts, by this process' monotonic clock. */
  until: number
}

type GrantId = Pick<Grant, 'tenant_id' | 'connection_id' | 'version'>

/** A claimed grant with what its refresh needs, as the rows stood at the claim. */
export interface ClaimedGrant {
  lease: RefreshLease
  row: GrantRow & Pick<Grant, 'tenant_id' | 'connection_id'>
  connection: Pick<
    ConnectionRow,
    'id' | 'tenant_id' | 'connector_id' | 'integration_id' | 'config_sealed' | 'status' | 'disabled_at'
  >
  client: ClientRow
}

export interface ClaimOptions {
  seconds: number
  trigger: RefreshTrigger
  heed_retry_at: boolean
}

/**
 * Claims a grant for a refresh and journals the intent; null when another attempt holds it, the version is over, there is
 * nothing to refresh it with, or it is too early for another try.
 *
 * When the owner before left without a word after it had announced a call, that call is recorded as in doubt.
 */
export async function claimGrant(
  services: Services,
  grant: GrantId,
  options: ClaimOptions,
): Promise<ClaimedGrant | null> {
  const [claimed] = await claim(services, { which: thisOne(grant), attempts: [uuidv7()] }, options)
  return claimed ?? null
}

/** Whoever takes a grant and dies leaves it to the others after so long. */
const TAKEN_SECONDS = 60

/** Claims grants that are due, the most urgent first, as `claimGrant` does. */
export function claimDueGrants(
  services: Services,
  { limit, seconds }: { limit: number; seconds: number },
): Promise<ClaimedGrant[]> {
  const now = services.now()
  const which: Which = {
    condition: sql`refresh_due_at <= ${now}`,
    order: sql`order by refresh_due_at limit ${limit}`,
    due_again: new Date(now.getTime() + TAKEN_SECONDS * 1000),
  }
  const attempts = Array.from({ length: limit }, () => uuidv7())
  return claim(services, { which, attempts }, { seconds, trigger: 'ahead', heed_retry_at: true })
}

/** Holds a grant so that nobody refreshes it; null when an attempt is under way, or the version is over. */
export async function holdLease(
  services: Services,
  grant: GrantId,
  { seconds }: { seconds: number },
): Promise<RefreshLease | null> {
  const attempt = uuidv7()
  const until = performance.now() + seconds * 1000
  const { rows } = await sql<InDoubt>`
    with ${standing(services, thisOne(grant), { heed_retry_at: false })}, ${abandoned},
    ${taken({ which: thisOne(grant), attempts: [attempt] }, seconds)}
    select ${inDoubtSeconds} from taken`.execute(services.db)
  const [held] = rows
  return held === undefined ? null : { attempt, in_doubt_seconds: held.in_doubt_seconds, until }
}

interface Which {
  condition: RawBuilder<unknown>
  order: RawBuilder<unknown>
  /** When the queue is to look at it again; null: as it stands. */
  due_again: Date | null
}

interface Wanted {
  which: Which
  /** Ids for as many attempts as there may be. */
  attempts: string[]
}

const thisOne = ({ tenant_id, connection_id, version }: GrantId): Which => ({
  condition: sql`tenant_id = ${tenant_id} and connection_id = ${connection_id} and version = ${version}`,
  order: sql``,
  due_again: null,
})

/** After a restart of the database, whoever waited for it with tokens in hand writes first, though the lease be over. */
const RESTART_GRACE_SECONDS = 5

/** Of a row of `grants`: an attempt may still be at it. */
export const isHeld = sql<boolean>`coalesce(now() <=
          greatest(lease_until, pg_postmaster_start_time() + make_interval(secs => ${RESTART_GRACE_SECONDS}))
          and lease_until is not null, false)`

function standing({ now }: Services, { condition, order }: Which, { heed_retry_at }: { heed_retry_at: boolean }) {
  return sql`standing as (
      select tenant_id, connection_id, lease_owner from grants
      where ${condition}
        and not ${isHeld}
        and (not ${heed_retry_at}::boolean or retry_at is null or retry_at <= ${now()})
      ${order} for update skip locked
    )`
}

const abandoned = sql`abandoned as (
      update grant_journal set ended_at = now(), outcome = 'in_doubt', code = 'worker_lost',
        message = 'The process that made this attempt ended before it could tell how the attempt ended.'
      from standing
      where grant_journal.tenant_id = standing.tenant_id and grant_journal.id = standing.lease_owner
        and grant_journal.outcome is null
      returning grant_journal.connection_id, grant_journal.began_at
    )`

function taken({ which, attempts }: Wanted, seconds: number) {
  return sql`numbered as (
      select tenant_id, connection_id, (${attempts}::uuid[])[row_number() over ()] as attempt from standing
    ), taken as (
      update grants set lease_owner = numbered.attempt, lease_until = now() + make_interval(secs => ${seconds}),
        refresh_due_at = coalesce(${which.due_again}, refresh_due_at),
        in_doubt_since = coalesce(in_doubt_since,
          (select began_at from abandoned where abandoned.connection_id = numbered.connection_id))
      from numbered
      where grants.tenant_id = numbered.tenant_id and grants.connection_id = numbered.connection_id
      returning grants.*
    )`
}

interface InDoubt {
  in_doubt_seconds: number | null
}

const inDoubtSeconds = sql`extract(epoch from now() - taken.in_doubt_since)::float8 as in_doubt_seconds`

type ClaimRow = ClaimedGrant['row'] & Omit<ClaimedGrant['connection'], 'id'> & ClientRow & InDoubt & { attempt: string }

async function claim(services: Services, { which, attempts }: Wanted, options: ClaimOptions): Promise<ClaimedGrant[]> {
  const { seconds, trigger } = options
  const until = performance.now() + seconds * 1000
  // What a connector brings is taken also where nothing could be refreshed.
  const claimable = trigger === 'connector' ? which : { ...which, condition: sql`${which.condition} and refreshable` }
  const { rows } = await sql<ClaimRow>`
    with ${standing(services, claimable, options)}, ${abandoned}, ${taken({ which, attempts }, seconds)},
    announced as (
      insert into grant_journal (id, tenant_id, connection_id, trigger, version)
      select lease_owner, tenant_id, connection_id, ${trigger}, version from taken
    )
    select taken.tenant_id, taken.connection_id, taken.lease_owner as attempt, ${inDoubtSeconds},
      taken.version, taken.sealed, taken.access_token_expires_at, taken.issued_at, taken.refreshable, taken.retry_at,
      taken.failures, taken.introspected_at, taken.account, taken.scope,
      connections.connector_id, connections.integration_id, connections.config_sealed, connections.status,
      connections.disabled_at,
      integrations.client_id, integrations.client_secret_sealed, integrations.client_keys_sealed,
      integrations.token_endpoint_auth_method, integrations.assertion_audience, integrations.issuer,
      integrations.scopes, integrations.resource, integrations.dpop
    from taken
    join connections on connections.tenant_id = taken.tenant_id and connections.id = taken.connection_id
    join integrations on integrations.tenant_id = taken.tenant_id and integrations.id = connections.integration_id`.execute(
    services.db,
  )
  return rows.map(({ attempt, in_doubt_seconds, ...row }) => ({
    lease: { attempt, in_doubt_seconds, until },
    row,
    connection: { ...row, id: row.connection_id },
    client: row,
  }))
}

/** Makes the lease last for a call, where preparing it took long. Null: it is lost. */
export async function renewLease(
  { db }: Services,
  grant: GrantId,
  lease: RefreshLease,
  { seconds }: { seconds: number },
): Promise<RefreshLease | null> {
  const until = performance.now() + seconds * 1000
  const renewed = await db
    .updateTable('grants')
    .set({ lease_until: sql<Date>`now() + make_interval(secs => ${seconds})` })
    .where('tenant_id', '=', grant.tenant_id)
    .where('connection_id', '=', grant.connection_id)
    .where('version', '=', grant.version)
    .where('lease_owner', '=', lease.attempt)
    .executeTakeFirst()
  return renewed.numUpdatedRows === 1n ? { ...lease, until } : null
}

/**
 * Gives the lease back, as if the attempt had never been: nothing was sent. `due_at` is when the queue is to look again;
 * left out, it stays.
 */
export async function withdraw(
  { db }: Pick<Services, 'db'>,
  grant: Pick<GrantId, 'tenant_id' | 'connection_id'>,
  { attempt }: RefreshLease,
  { due_at = null }: { due_at?: Date | null } = {},
): Promise<void> {
  await sql`
    with erased as (
      delete from grant_journal where tenant_id = ${grant.tenant_id} and id = ${attempt} and outcome is null
    )
    update grants set lease_owner = null, lease_until = null, refresh_due_at = coalesce(${due_at}, refresh_due_at)
    where tenant_id = ${grant.tenant_id} and connection_id = ${grant.connection_id}
      and lease_owner = ${attempt}`.execute(db)
}
