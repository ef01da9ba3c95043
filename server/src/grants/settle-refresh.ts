// What an attempt leaves behind: new tokens, or a failure with its verdict. Each is one transaction that holds only for
// the owner of the lease on the version that the attempt started from.
import type { OAuthError } from '@sluice/oauth'
import { sql, type Transaction } from 'kysely'
import { recordHistory } from '../connections/connection-history.ts'
import type { Database, GrantProblem, JournalOutcome } from '../database/schema.ts'
import { emitEvent } from '../events/emit-event.ts'
import type { Services } from '../services.ts'
import { type Grant, type IssuedTokens, type IssueOptions, sealedTokens } from './grant.ts'
import { describeProblem, isToldOf, statusFor, type Trouble, verdictOf } from './grant-problem.ts'
import type { RefreshLease } from './refresh-lease.ts'
import { retryPause } from './refresh-times.ts'
import { scopesIn } from './scopes.ts'

export interface Attempt {
  grant: Grant
  lease: RefreshLease
}

/** Commits new tokens. False: another attempt has taken over, and nothing was written. */
export async function commitTokens(
  { db, keys }: Services,
  { grant, lease }: Attempt,
  issued: IssuedTokens,
  { at, behaviour }: { at: Date; behaviour: IssueOptions['behaviour'] },
  beforeCommit: () => Promise<void>,
): Promise<boolean> {
  const place = { id: grant.connection_id, tenant_id: grant.tenant_id }
  const columns = await sealedTokens(keys, place, issued, grant.refresh_token, { now: at, behaviour })
  return db.transaction().execute(async (tx) => {
    const committed = await tx
      .updateTable('grants')
      .set({ ...columns, version: grant.version + 1 })
      .where('tenant_id', '=', grant.tenant_id)
      .where('connection_id', '=', grant.connection_id)
      .where('version', '=', grant.version)
      .where('lease_owner', '=', lease.attempt)
      .executeTakeFirst()
    const held = committed.numUpdatedRows === 1n
    await endAttempt(tx, grant, lease, { outcome: held ? 'refreshed' : 'superseded' })
    if (held) await recover(tx, grant, at)
    if (held) await tellScopes(tx, grant, issued, at)
    await beforeCommit()
    return held
  })
}

/** A refresh may give less than was granted (RFC 6749 §6), or what an administrator added. */
async function tellScopes(tx: Transaction<Database>, grant: Grant, { tokens }: IssuedTokens, at: Date): Promise<void> {
  const [before, after] = [scopesIn(grant.scope), scopesIn(tokens.scope)]
  if (grant.scope === null || tokens.scope === null) return
  const lost = before.filter((scope) => !after.includes(scope))
  const gained = after.filter((scope) => !before.includes(scope))
  if (lost.length === 0 && gained.length === 0) return
  const place = { id: grant.connection_id, tenant_id: grant.tenant_id }
  const actor = { type: 'server', id: 'refresh' } as const
  await recordHistory(tx, place, { kind: 'scopes_changed', actor, detail: { lost, gained }, at })
}

async function recover(tx: Transaction<Database>, grant: Grant, at: Date): Promise<void> {
  const { rows } = await sql<{ problem: GrantProblem | null }>`
    update connections set status = 'healthy', status_reason = null, problem = null, updated_at = ${at}
    from (select id, problem from connections
      where tenant_id = ${grant.tenant_id} and id = ${grant.connection_id} and status <> 'healthy') as before
    where connections.tenant_id = ${grant.tenant_id} and connections.id = before.id
    returning before.problem`.execute(tx)
  if (rows[0]?.problem?.announced !== true) return
  await emitEvent(tx, grant.tenant_id, {
    type: 'connection.recovered',
    data: { connection_id: grant.connection_id, was: rows[0].problem.code },
  })
}

export interface Failure {
  error: OAuthError
  in_doubt: boolean
}

/** Records a failed attempt, with when the next one is due. Returns the connection's problem. */
export async function commitFailure(
  { db, now }: Services,
  { grant, lease }: Attempt,
  { error, in_doubt }: Failure,
): Promise<GrantProblem> {
  const verdict = verdictOf(error)
  const failures = grant.failures + 1
  const pause = retryPause(failures, { somebody: verdict !== 'transient', retry_after: error.retry_after })
  // A client that asks for itself may be let in again by whoever shut it out; nobody would come back here.
  const is_over = verdict === 'reauthorize' && grant.grant_type === null
  const retryAt = is_over ? null : new Date(now().getTime() + pause.seconds * 1000)
  const trouble = { verdict, cause: causeOf(error, lease), provider_error: error.provider_error, retry_at: retryAt }
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
    const outcome = held.numUpdatedRows === 1n ? (in_doubt ? 'in_doubt' : verdict) : 'superseded'
    await endAttempt(tx, grant, lease, { outcome, code: error.code, message: error.message })
    // While the access token lives, a provider in trouble is nobody's trouble yet.
    const bearable = verdict === 'transient' && isAlive(grant, now())
    const tell = outcome !== 'superseded' && !bearable
    return tell ? await troubleConnection(tx, grant, trouble, now()) : describeProblem(trouble, null, now())
  })
}

/** Leaves the grant alone until its access token has expired: only then is another attempt without risk. */
export async function waitInDoubt({ db, now }: Services, { grant, lease }: Attempt): Promise<GrantProblem> {
  const until = grant.access_token_expires_at
  const trouble: Trouble = { verdict: 'in_doubt', cause: IN_DOUBT, retry_at: until }
  return db.transaction().execute(async (tx) => {
    await tx
      .updateTable('grants')
      .set({ refresh_due_at: until, retry_at: until, lease_owner: null, lease_until: null })
      .where('tenant_id', '=', grant.tenant_id)
      .where('connection_id', '=', grant.connection_id)
      .where('lease_owner', '=', lease.attempt)
      .execute()
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
  const news = isToldOf(trouble.verdict) && (earlier === null || !earlier.announced || earlier.code !== problem.code)
  if (news) problem.announced = true
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
  if (news) {
    const { code, verdict, cause, owner, next_action } = problem
    await emitEvent(tx, grant.tenant_id, {
      type: 'connection.broken',
      data: { connection_id: grant.connection_id, code, verdict, cause, owner, next_action },
    })
  }
  return problem
}

async function endAttempt(
  tx: Transaction<Database>,
  grant: Grant,
  { attempt }: RefreshLease,
  { outcome, code = null, message = null }: { outcome: JournalOutcome; code?: string | null; message?: string | null },
): Promise<void> {
  await tx
    .updateTable('grant_journal')
    .set({ ended_at: sql<Date>`now()`, outcome, code, message })
    .where('tenant_id', '=', grant.tenant_id)
    .where('id', '=', attempt)
    .where('outcome', 'is', null)
    .execute()
}

function causeOf(error: OAuthError, { in_doubt_seconds }: RefreshLease): string {
  if (error.verdict !== 'reauthorize' || in_doubt_seconds === null) return error.message
  return `The answer to an earlier refresh was lost, and the provider now refuses the refresh token that it replaced. ${error.message}`
}

function isAlive({ access_token_expires_at }: Grant, now: Date): boolean {
  return access_token_expires_at === null || access_token_expires_at > now
}
