// New tokens of a refresh, committed for the owner of the lease on the version that the attempt started from. Attempts
// that end together share one statement; where the connection has news to tell, the tokens come with it in a transaction.
import { type Kysely, sql, type Transaction } from 'kysely'
import { recordHistory } from '../connections/connection-history.ts'
import { createGroupCommit, type GroupCommit } from '../database/group-commit.ts'
import type { Database, GrantProblem } from '../database/schema.ts'
import { emitEvent } from '../events/emit-event.ts'
import type { Services } from '../services.ts'
import { type Grant, type IssuedTokens, type IssueOptions, sealedTokens } from './grant.ts'
import type { GrantFacts } from './grant-facts.ts'
import { endAttempt } from './grant-journal.ts'
import type { RefreshLease } from './refresh-lease.ts'
import { scopesIn } from './scopes.ts'
import { tellCreated } from './settle-refresh.ts'

export interface Attempt {
  grant: Grant
  lease: RefreshLease
  /** The connection was not healthy when the attempt began. */
  ailing: boolean
}

type TokenColumns = Awaited<ReturnType<typeof sealedTokens>>

interface NewTokens {
  grant: Pick<Grant, 'tenant_id' | 'connection_id' | 'version'>
  attempt: string
  columns: TokenColumns
}

interface Written {
  committed: boolean
  ailing: boolean
}

export type TokenCommits = GroupCommit<NewTokens, Written>

export function createTokenCommits(db: Kysely<Database>): TokenCommits {
  return createGroupCommit((tokens) => writeTokens(db, tokens))
}

export interface CommitOptions {
  at: Date
  behaviour: IssueOptions['behaviour']
  /** What the reply to the first refresh tells of a grant that was imported. */
  learned?: Pick<GrantFacts, 'account' | 'refresh_expiry_is_final'> | null
}

/** False: another attempt has taken over, and nothing was written. */
export async function commitTokens(
  services: Services,
  attempt: Attempt,
  issued: IssuedTokens,
  { at, behaviour, learned = null }: CommitOptions,
  beforeCommit: () => Promise<void>,
): Promise<boolean> {
  const { grant, lease } = attempt
  const place = { id: grant.connection_id, tenant_id: grant.tenant_id }
  const columns = await sealedTokens(services.keys, place, issued, grant.refresh_token, { now: at, behaviour })
  const news = changedScopes(grant, issued)
  if (attempt.ailing || news !== null || learned !== null) {
    return commitWithNews(services, attempt, { ...columns, ...learned }, { news, at, beforeCommit })
  }
  await beforeCommit()
  const { committed, ailing } = await services.refresher.commits.add({ grant, attempt: lease.attempt, columns })
  if (ailing) await services.db.transaction().execute((tx) => recover(tx, grant, at))
  return committed
}

/** Every column that tokens fill, as the database reads it out of a record. */
const COLUMN_TYPES: Record<keyof Required<TokenColumns>, string> = {
  issued_at: 'timestamptz',
  access_token_expires_at: 'timestamptz',
  sealed: 'text',
  refreshable: 'boolean',
  refresh_due_at: 'timestamptz',
  retry_at: 'timestamptz',
  failures: 'integer',
  in_doubt_since: 'timestamptz',
  introspected_at: 'timestamptz',
  lease_owner: 'uuid',
  lease_until: 'timestamptz',
  updated_at: 'timestamptz',
  refresh_token_expires_at: 'timestamptz',
  scope: 'text',
}
/** What the provider does not say again stays as it was. */
const KEPT = new Set(['refresh_token_expires_at', 'scope'])

const definitions = Object.entries(COLUMN_TYPES).map(([name, type]) => `${name} ${type}`)
const assignments = Object.keys(COLUMN_TYPES).map((name) => {
  if (name === 'sealed') return `sealed = decode(given.sealed, 'base64')`
  return `${name} = ${KEPT.has(name) ? `coalesce(given.${name}, grants.${name})` : `given.${name}`}`
})

async function writeTokens(db: Kysely<Database>, tokens: NewTokens[]): Promise<Written[]> {
  const records = tokens.map(({ grant, attempt, columns }) => ({
    ...columns,
    sealed: columns.sealed.toString('base64'),
    tenant_id: grant.tenant_id,
    connection_id: grant.connection_id,
    version: grant.version,
    attempt,
  }))
  const { rows } = await sql<{ attempt: string; ailing: boolean }>`
    with given as materialized (
      select * from json_to_recordset(${JSON.stringify(records)}::text::json)
        as given (tenant_id uuid, connection_id uuid, version integer, attempt uuid, ${sql.raw(definitions.join(', '))})
    ), committed as (
      update grants set version = given.version + 1, ${sql.raw(assignments.join(', '))}
      from given
      where grants.tenant_id = given.tenant_id and grants.connection_id = given.connection_id
        and grants.version = given.version and grants.lease_owner = given.attempt
      returning grants.tenant_id, grants.connection_id, given.attempt
    ), ended as (
      update grant_journal set ended_at = now(),
        outcome = case when committed.attempt is null then 'superseded' else 'refreshed' end
      from given left join committed on committed.attempt = given.attempt
      where grant_journal.tenant_id = given.tenant_id and grant_journal.id = given.attempt
        and grant_journal.outcome is null
    )
    select committed.attempt, connections.status <> 'healthy' as ailing
    from committed join connections on connections.tenant_id = committed.tenant_id
      and connections.id = committed.connection_id`.execute(db)
  const written = new Map(rows.map(({ attempt, ailing }) => [attempt, ailing]))
  return tokens.map(({ attempt }) => ({ committed: written.has(attempt), ailing: written.get(attempt) ?? false }))
}

interface ChangedScopes {
  lost: string[]
  gained: string[]
}

/** A refresh may give less than was granted (RFC 6749 §6), or what an administrator added; null: as it was. */
function changedScopes(grant: Grant, { tokens }: IssuedTokens): ChangedScopes | null {
  if (grant.scope === null || tokens.scope === null) return null
  const [before, after] = [scopesIn(grant.scope), scopesIn(tokens.scope)]
  const lost = before.filter((scope) => !after.includes(scope))
  const gained = after.filter((scope) => !before.includes(scope))
  return lost.length === 0 && gained.length === 0 ? null : { lost, gained }
}

async function commitWithNews(
  { db }: Services,
  { grant, lease }: Attempt,
  columns: TokenColumns & Partial<CommitOptions['learned']>,
  { news, at, beforeCommit }: { news: ChangedScopes | null; at: Date; beforeCommit: () => Promise<void> },
): Promise<boolean> {
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
    await endAttempt(tx, grant, lease.attempt, { outcome: held ? 'refreshed' : 'superseded' })
    if (held) await recover(tx, grant, at)
    if (held && news !== null) await tellScopes(tx, grant, news, at)
    await beforeCommit()
    return held
  })
}

async function tellScopes(
  tx: Transaction<Database>,
  grant: Grant,
  { lost, gained }: ChangedScopes,
  at: Date,
): Promise<void> {
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
  if (rows[0]?.problem?.untold === true) await tellCreated(tx, grant)
  if (rows[0]?.problem?.announced !== true) return
  await emitEvent(tx, grant.tenant_id, {
    type: 'connection.recovered',
    data: { connection_id: grant.connection_id, was: rows[0].problem.code },
  })
}
