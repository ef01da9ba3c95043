// Pending authorizations: between the authorization request and its response. Each is bound to the browser that started
// it, to one integration, and is taken once.
import { type JsonObject, type Secret, secret } from '@sluice/oauth'
import { type Kysely, type Selectable, sql } from 'kysely'
import { z } from 'zod'
import { compiledOnce } from '../database/compiled-once.ts'
import { createGroupCommit, type GroupCommit } from '../database/group-commit.ts'
import type { Database, PendingAuthorizationTable } from '../database/schema.ts'
import { openedObject } from '../sealing/opened-object.ts'
import type { Services } from '../services.ts'
import { digest } from '../token-digest.ts'
import type { ConnectSession } from './connect-link.ts'
import { type LinkWithIntegration, linkColumns, readLink } from './link-integration.ts'

export const PENDING_SECONDS = 10 * 60

const contentsSchema = z.object({
  kept: openedObject,
  connect_token: z.string(),
  config: openedObject,
})

export interface PendingAuthorization {
  tenant_id: string
  connect_session_id: string
  integration_id: string
  /** What the engine must have back with the authorization response. */
  kept: Secret<JsonObject>
  /** Where the authorization response comes to; the token request repeats it. */
  redirect_uri: string
  /** The token of the connect link, to send the browser back to. */
  connect_token: string
  config: JsonObject
}

/** With the connect session that it belongs to, and that one's integration. */
export type TakenAuthorization = PendingAuthorization & LinkWithIntegration

/** Stores it in place of an earlier one of the same connect session: the newest start is the one that counts. */
export async function storePendingAuthorization(
  { keys, now, batches }: Services,
  { state, browser, ...pending }: PendingAuthorization & { state: string; browser: string },
): Promise<void> {
  const contents: z.infer<typeof contentsSchema> = {
    kept: pending.kept.reveal(),
    connect_token: pending.connect_token,
    config: pending.config,
  }
  await batches.pending_authorizations.add({
    state_hash: digest(state),
    tenant_id: pending.tenant_id,
    connect_session_id: pending.connect_session_id,
    integration_id: pending.integration_id,
    browser_hash: digest(browser),
    redirect_uri: pending.redirect_uri,
    sealed: await keys.seal(placeOf(pending.tenant_id, pending.connect_session_id), contents),
    expires_at: new Date(now().getTime() + PENDING_SECONDS * 1000),
  })
}

/** Every column that a start fills; bytes go as hexadecimal text. */
const COLUMN_TYPES = {
  state_hash: 'bytea',
  tenant_id: 'uuid',
  connect_session_id: 'uuid',
  integration_id: 'uuid',
  browser_hash: 'bytea',
  redirect_uri: 'text',
  sealed: 'bytea',
  expires_at: 'timestamptz',
} as const satisfies Partial<Record<keyof PendingAuthorizationTable, string>>

type PendingRow = { [Name in keyof typeof COLUMN_TYPES]: Selectable<PendingAuthorizationTable>[Name] }

const names = Object.keys(COLUMN_TYPES) as (keyof PendingRow)[]
const isBytes = (name: keyof PendingRow) => COLUMN_TYPES[name] === 'bytea'

const columnList = sql.raw(names.join(', '))
const givenValues = sql.raw(names.map((name) => (isBytes(name) ? `decode(${name}, 'hex')` : name)).join(', '))
const newValues = sql.raw(names.map((name) => `excluded.${name}`).join(', '))

/** Starts that come together share one statement and its commit; each row names its tenant. */
export function createPendingAuthorizationCommits(db: Kysely<Database>): GroupCommit<PendingRow, undefined> {
  return createGroupCommit(async (rows) => {
    const columns = names.map((name) => {
      const values = rows.map((row) => asText(row[name]))
      return sql`${values}::${sql.raw(isBytes(name) ? 'text' : COLUMN_TYPES[name])}[]`
    })
    await sql`insert into pending_authorizations (${columnList})
      select ${givenValues} from unnest(${sql.join(columns)}) as given (${columnList})
      on conflict (connect_session_id) do update set (${columnList}) = (${newValues})`.execute(db)
    return rows.map(() => undefined)
  })
}

function asText(value: string | Buffer | Date): string {
  if (typeof value === 'string') return value
  return value instanceof Date ? value.toISOString() : value.toString('hex')
}

export type NotTaken = 'unknown_state' | 'state_expired' | 'other_integration' | 'other_browser' | 'other_person'

export interface ReceivedAt {
  state: string
  integration_id: string
  /** Where the response came to. */
  redirect_uri: string
  /** What this browser is bound to; null where the customer's server brings the response and says whose it is. */
  browser: string[] | null
  /** The end user who has just come back from the provider, as the customer's server signed it. */
  person?: string | null
}

/**
 * Takes the pending authorization, once: of two callbacks with one state, one gets it. A callback that does not fit
 * (another integration's redirect URI, another browser, too late) takes nothing and learns why.
 */
export async function takePendingAuthorization(
  { db, keys, now, batches }: Services,
  { state, integration_id, redirect_uri, browser, person }: ReceivedAt,
): Promise<TakenAuthorization | NotTaken> {
  const stateHash = digest(state)
  const taken =
    browser?.length === 0
      ? undefined
      : await batches.taken_authorizations.add({
          state_hash: stateHash.toString('hex'),
          integration_id,
          redirect_uri,
          browser_hashes: browser?.map((value) => digest(value).toString('hex')) ?? null,
          is_of_person: person !== undefined,
          person: person ?? null,
          at: now(),
        })
  if (taken !== undefined) {
    const { tenant_id, id: connect_session_id, pending_sealed } = taken
    const contents = contentsSchema.parse(await keys.open(placeOf(tenant_id, connect_session_id), pending_sealed))
    return {
      ...readLink(taken),
      tenant_id,
      connect_session_id,
      integration_id,
      kept: secret(contents.kept),
      redirect_uri,
      connect_token: contents.connect_token,
      config: contents.config,
    }
  }

  const standing = await db
    .selectFrom('pending_authorizations')
    .select(['integration_id', 'redirect_uri', 'browser_hash', 'expires_at'])
    .where('state_hash', '=', stateHash)
    .executeTakeFirst()
  if (standing === undefined) return 'unknown_state'
  if (standing.expires_at <= now()) return 'state_expired'
  const isHere = standing.integration_id === integration_id && standing.redirect_uri === redirect_uri
  if (!isHere) return 'other_integration'
  if (browser === null) return 'other_person'
  return browser.some((value) => digest(value).equals(standing.browser_hash)) ? 'other_person' : 'other_browser'
}

interface Take {
  /** In hexadecimal, as the browsers' are. */
  state_hash: string
  integration_id: string
  redirect_uri: string
  /** Null: anyone's. */
  browser_hashes: string[] | null
  /** The session must be for `person`; where a browser is proof too, it may be for nobody in particular. */
  is_of_person: boolean
  person: string | null
  at: Date
}

const TAKE_COLUMNS = sql.raw(
  'place integer, state_hash text, integration_id uuid, redirect_uri text, browser_hashes text[], is_of_person boolean, ' +
    'person text, at timestamptz',
)

type TakenRow = ConnectSession & { pending_sealed: Buffer }

/**
 * Callbacks that come together share one statement; of two with one state, one gets it. That it is taken need not be on
 * disk before the code is sent: whatever is committed later brings it there as well, and where nothing is, the person
 * starts again.
 */
export function createPendingAuthorizationTakes(db: Kysely<Database>): GroupCommit<Take, TakenRow | undefined> {
  const takeAll = compiledOnce<'given' | 'hashes', TakenRow & { place: number }>(
    db,
    ['given', 'hashes'],
    ({ given, hashes }) => sql`
      with taken as (
        delete from pending_authorizations as pending
        using json_to_recordset(${given}::text::json) as given (${TAKE_COLUMNS})
        where pending.state_hash = any(array(select decode(hash, 'hex') from unnest(${hashes}::text[]) as hash))
          and pending.state_hash = decode(given.state_hash, 'hex')
          and pending.integration_id = given.integration_id
          and pending.redirect_uri = given.redirect_uri
          and (given.browser_hashes is null or encode(pending.browser_hash, 'hex') = any(given.browser_hashes))
          and (not given.is_of_person or exists (
            select from connect_sessions where connect_sessions.id = pending.connect_session_id and (
              connect_sessions.end_user ->> 'id' = coalesce(given.person, '')
              or (given.browser_hashes is not null and connect_sessions.end_user is null)
            )
          ))
          and pending.expires_at > given.at
          and (select set_config('synchronous_commit', 'off', true)) is not null
        returning given.place, pending.tenant_id, pending.connect_session_id, pending.sealed
      )
      select taken.place, taken.sealed as pending_sealed, ${linkColumns}
      from taken
        join connect_sessions on connect_sessions.id = taken.connect_session_id
          and connect_sessions.tenant_id = taken.tenant_id
        left join integrations on integrations.id = connect_sessions.integration_id
          and integrations.tenant_id = connect_sessions.tenant_id
      -- Said again, so that whatever the planner believes of the rows before, it looks them up by their key.
      where connect_sessions.id = any(array(select connect_session_id from taken))`,
  )
  return createGroupCommit(async (takes) => {
    const rows = await takeAll({
      given: JSON.stringify(takes.map((take, place) => ({ place, ...take }))),
      hashes: takes.map((take) => take.state_hash),
    })
    const taken = new Map(rows.map((row) => [row.place, row]))
    return takes.map((_, place) => taken.get(place))
  })
}

function placeOf(tenantId: string, connectSessionId: string) {
  return { tenant_id: tenantId, table: 'pending_authorizations', column: 'sealed', row: connectSessionId }
}
