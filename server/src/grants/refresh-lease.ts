// The right to refresh one version of a grant: owned, bounded in time, and fenced. Its owner is one attempt, so whoever
// was paused past the lease finds another owner in the row and writes nothing.
import { sql } from 'kysely'
import type { RefreshTrigger } from '../database/schema.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import type { Grant } from './grant.ts'

export interface RefreshLease {
  /** Id of the attempt, in the lease and in the journal. */
  attempt: string
  /** Seconds since an attempt began whose end nobody knows; null when all ends are known. */
  in_doubt_seconds: number | null
}

type GrantId = Pick<Grant, 'tenant_id' | 'connection_id' | 'version'>

/**
 * Claims the lease; null when another attempt holds it, the version is over, or it is too early for another try.
 *
 * When the owner before left without a word after it had announced a call, that call is recorded as in doubt.
 */
export async function claimLease(
  { db, now }: Services,
  { tenant_id, connection_id, version }: GrantId,
  { seconds, heed_retry_at }: { seconds: number; heed_retry_at: boolean },
): Promise<RefreshLease | null> {
  const attempt = uuidv7()
  const { rows } = await sql<{ in_doubt_seconds: number | null }>`
    with standing as (
      select connection_id, lease_owner from grants
      where tenant_id = ${tenant_id} and connection_id = ${connection_id} and version = ${version}
        and (lease_until is null or lease_until < now())
        and (not ${heed_retry_at}::boolean or retry_at is null or retry_at <= ${now()})
      for update skip locked
    ), abandoned as (
      update grant_journal set ended_at = now(), outcome = 'in_doubt', code = 'worker_lost',
        message = 'The process that made this attempt ended before it could tell how the attempt ended.'
      from standing
      where grant_journal.tenant_id = ${tenant_id} and grant_journal.id = standing.lease_owner
        and grant_journal.outcome is null
      returning grant_journal.began_at
    )
    update grants set lease_owner = ${attempt}, lease_until = now() + make_interval(secs => ${seconds}),
      in_doubt_since = coalesce(in_doubt_since, (select began_at from abandoned))
    from standing
    where grants.tenant_id = ${tenant_id} and grants.connection_id = standing.connection_id
    returning extract(epoch from now() - grants.in_doubt_since)::float8 as in_doubt_seconds`.execute(db)
  const [claimed] = rows
  return claimed === undefined ? null : { attempt, in_doubt_seconds: claimed.in_doubt_seconds }
}

/** Writes down that the provider is about to be called, and makes the lease last for the call. False: it is lost. */
export async function announceCall(
  { db }: Services,
  { tenant_id, connection_id, version }: GrantId,
  { attempt }: RefreshLease,
  { seconds, trigger }: { seconds: number; trigger: RefreshTrigger },
): Promise<boolean> {
  const { rows } = await sql`
    with held as (
      update grants set lease_until = now() + make_interval(secs => ${seconds})
      where tenant_id = ${tenant_id} and connection_id = ${connection_id} and version = ${version}
        and lease_owner = ${attempt}
      returning connection_id
    )
    insert into grant_journal (id, tenant_id, connection_id, trigger, version)
    select ${attempt}, ${tenant_id}, connection_id, ${trigger}, ${version} from held
    returning id`.execute(db)
  return rows.length === 1
}

/** Gives the lease back without a result. */
export async function releaseLease({ db }: Services, grant: GrantId, { attempt }: RefreshLease): Promise<void> {
  await db
    .updateTable('grants')
    .set({ lease_owner: null, lease_until: null })
    .where('tenant_id', '=', grant.tenant_id)
    .where('connection_id', '=', grant.connection_id)
    .where('lease_owner', '=', attempt)
    .execute()
}
