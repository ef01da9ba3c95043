// What an attempt leaves behind that gave no tokens: a failure with its verdict. It is one transaction that holds only for
// the owner of the lease on the version that the attempt started from.
import type { OAuthError } from '@sluice/oauth'
import { sql, type Transaction } from 'kysely'
import type { Database, GrantProblem } from '../database/schema.ts'
import { emitEvent } from '../events/emit-event.ts'
import type { Services } from '../services.ts'
import type { Attempt } from './commit-tokens.ts'
import type { Grant } from './grant.ts'
import { endAttempt } from './grant-journal.ts'
import { describeProblem, isToldOf, statusFor, type Trouble, verdictOf } from './grant-problem.ts'
import { type RefreshLease, withdraw } from './refresh-lease.ts'
import { retryPause } from './refresh-times.ts'
import { accountRevokedBy } from './same-account.ts'

export interface Failure {
  error: OAuthError
  in_doubt: boolean
  /** Whoever asked waits for the answer, and the connection goes with it: nobody else is told. */
  quiet?: boolean
}

/** Records a failed attempt, with when the next one is due. Returns the connection's problem. */
export async function commitFailure(
  { db, now }: Services,
  { grant, lease }: Attempt,
  { error, in_doubt, quiet = false }: Failure,
): Promise<GrantProblem> {
  const verdict = verdictOf(error)
  const failures = grant.failures + 1
  const pause = retryPause(failures, { somebody: verdict !== 'transient', retry_after: error.retry_after })
  // A client that asks for itself may be let in again by whoever shut it out; nobody would come back here.
  const is_over = verdict === 'reauthorize' && grant.grant_type === null
  const retryAt = is_over ? null : new Date(now().getTime() + pause.seconds * 1000)
  return db.transaction().execute(async (tx) => {
    const held = await tx
      .updateTable('grants')
      .set({
        failures,
        refreshable: !is_over,
        retry_at: retryAt,
        refresh_due_at: pause.by_itself ? retryAt : null,
        lease_owner: null,
        lease_until: null,
        ...(in_doubt && {
          in_doubt_since: sql<Date>`coalesce(in_doubt_since,
          (select began_at from grant_journal where id = ${lease.attempt} and tenant_id = ${grant.tenant_id}))`,
        }),
      })
      .where('tenant_id', '=', grant.tenant_id)
      .where('connection_id', '=', grant.connection_id)
      .where('version', '=', grant.version)
      .where('lease_owner', '=', lease.attempt)
      .executeTakeFirst()
    const by = is_over ? await accountRevokedBy(tx, grant) : null
    const cause = by === null ? causeOf(error, lease) : revokedWith(by)
    const trouble: Trouble = { verdict, cause, provider_error: error.provider_error, retry_at: retryAt }
    const outcome = held.numUpdatedRows === 1n ? (in_doubt ? 'in_doubt' : verdict) : 'superseded'
    await endAttempt(tx, grant, lease.attempt, { outcome, code: error.code, message: error.message })
    // While the access token lives, a provider in trouble is nobody's trouble yet.
    const bearable = verdict === 'transient' && isAlive(grant, now())
    const tell = outcome !== 'superseded' && !bearable
    return tell ? await troubleConnection(tx, grant, trouble, now(), { quiet }) : describeProblem(trouble, null, now())
  })
}

/** Leaves the grant alone until its access token has expired: only then is another attempt without risk. */
export async function waitInDoubt(
  { db, now }: Services,
  { grant, lease }: Pick<Attempt, 'grant' | 'lease'>,
): Promise<GrantProblem> {
  const until = grant.access_token_expires_at
  const trouble: Trouble = { verdict: 'in_doubt', cause: IN_DOUBT, retry_at: until }
  return db.transaction().execute(async (tx) => {
    await tx
      .updateTable('grants')
      .set({ retry_at: until })
      .where('tenant_id', '=', grant.tenant_id)
      .where('connection_id', '=', grant.connection_id)
      .where('lease_owner', '=', lease.attempt)
      .execute()
    await withdraw({ db: tx }, grant, lease, { due_at: until })
    return troubleConnection(tx, grant, trouble, now())
  })
}

const IN_DOUBT =
  'The provider’s answer to a refresh was lost, and it revokes grants whose spent refresh token comes again.'

/** The grant cannot be refreshed, and its access token is over. */
export async function declareDead(
  { db, now }: Services,
  grant: Pick<Grant, 'tenant_id' | 'connection_id'>,
  cause: string,
): Promise<GrantProblem> {
  return db
    .transaction()
    .execute((tx) => troubleConnection(tx, grant, { verdict: 'reauthorize', cause, retry_at: null }, now()))
}

/** Puts the problem on the connection, and tells the tenant the first time. */
async function troubleConnection(
  tx: Transaction<Database>,
  grant: Pick<Grant, 'tenant_id' | 'connection_id'>,
  trouble: Trouble,
  now: Date,
  { quiet = false } = {},
): Promise<GrantProblem> {
  const before = await tx
    .selectFrom('connections')
    .select('problem')
    .where('tenant_id', '=', grant.tenant_id)
    .where('id', '=', grant.connection_id)
    .forUpdate()
    .executeTakeFirst()
  const earlier = before?.problem ?? null
  const problem = describeProblem(trouble, earlier, now)
  const news =
    !quiet && isToldOf(trouble.verdict) && (earlier === null || !earlier.announced || earlier.code !== problem.code)
  const isUntold = problem.untold === true
  if (news) {
    problem.announced = true
    delete problem.untold
  }
  await tx
    .updateTable('connections')
    .set({
      status: statusFor(trouble.verdict),
      status_reason: problem.cause,
      problem,
      updated_at: now,
    })
    .where('tenant_id', '=', grant.tenant_id)
    .where('id', '=', grant.connection_id)
    .execute()
  if (news && isUntold) await tellCreated(tx, grant)
  if (news) {
    const { code, verdict, cause, owner, next_action } = problem
    await emitEvent(tx, grant.tenant_id, {
      type: 'connection.broken',
      data: { connection_id: grant.connection_id, code, verdict, cause, owner, next_action },
    })
  }
  return problem
}

/** Of a connection whose import another process has finished. */
export async function tellCreated(
  tx: Transaction<Database>,
  { tenant_id, connection_id }: Pick<Grant, 'tenant_id' | 'connection_id'>,
): Promise<void> {
  await emitEvent(tx, tenant_id, { type: 'connection.created', data: { connection_id } })
}

const revokedWith = (id: string) =>
  `The connection ${id} of the same account was deleted, and the provider ended this grant with it.`

function causeOf(error: OAuthError, { in_doubt_seconds }: RefreshLease): string {
  if (error.verdict !== 'reauthorize' || in_doubt_seconds === null) return error.message
  return `The answer to an earlier refresh was lost, and the provider now refuses the refresh token that it replaced. ${error.message}`
}

function isAlive({ access_token_expires_at }: Grant, now: Date): boolean {
  return access_token_expires_at === null || access_token_expires_at > now
}
