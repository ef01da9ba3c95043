// Pending authorizations: between the authorization request and its response. Each is bound to the browser that started
// it, to one integration, and is taken once.
import { type JsonObject, type Secret, secret } from '@sluice/oauth'
import { type ExpressionBuilder, sql } from 'kysely'
import { z } from 'zod'
import { gateOf } from '../database/in-tenant.ts'
import { insertFrom } from '../database/insert-from.ts'
import type { Database } from '../database/schema.ts'
import type { Services } from '../services.ts'
import { digest } from '../token-digest.ts'

export const PENDING_SECONDS = 10 * 60

const contentsSchema = z.object({
  kept: z.record(z.string(), z.json()),
  connect_token: z.string(),
  config: z.record(z.string(), z.json()),
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

/** Stores it in place of an earlier one of the same connect session: the newest start is the one that counts. */
export async function storePendingAuthorization(
  { db, keys, now }: Services,
  { state, browser, ...pending }: PendingAuthorization & { state: string; browser: string },
): Promise<void> {
  const contents: z.infer<typeof contentsSchema> = {
    kept: pending.kept.reveal(),
    connect_token: pending.connect_token,
    config: pending.config,
  }
  const row = {
    state_hash: digest(state),
    tenant_id: pending.tenant_id,
    connect_session_id: pending.connect_session_id,
    integration_id: pending.integration_id,
    browser_hash: digest(browser),
    redirect_uri: pending.redirect_uri,
    sealed: await keys.seal(placeOf(pending.tenant_id, pending.connect_session_id), contents),
    expires_at: new Date(now().getTime() + PENDING_SECONDS * 1000),
  }
  const { db: bare, gate } = gateOf(db)
  await sql`${insertFrom('pending_authorizations', row, sql`where ${gate}`)}
    on conflict (connect_session_id) do update set
      (${sql.join(Object.keys(row).map((name) => sql.ref(name)))}) =
      (${sql.join(Object.keys(row).map((name) => sql.ref(`excluded.${name}`)))})`.execute(bare)
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
  { db, keys, now }: Services,
  { state, integration_id, redirect_uri, browser, person }: ReceivedAt,
): Promise<PendingAuthorization | NotTaken> {
  const stateHash = digest(state)
  const taken =
    browser?.length === 0
      ? undefined
      : await db
          .deleteFrom('pending_authorizations')
          .where('state_hash', '=', stateHash)
          .where('integration_id', '=', integration_id)
          .where('redirect_uri', '=', redirect_uri)
          .$if(browser !== null, (query) => query.where('browser_hash', 'in', (browser ?? []).map(digest)))
          .$if(person !== undefined, (query) =>
            query.where((eb) => eb.exists(sessionOf(eb, { person: person ?? null, mayBeNobodys: browser !== null }))),
          )
          .where('expires_at', '>', now())
          .where(withoutWaiting)
          .returningAll()
          .executeTakeFirst()
  if (taken !== undefined) {
    const contents = contentsSchema.parse(
      await keys.open(placeOf(taken.tenant_id, taken.connect_session_id), taken.sealed),
    )
    return {
      tenant_id: taken.tenant_id,
      connect_session_id: taken.connect_session_id,
      integration_id: taken.integration_id,
      kept: secret(contents.kept),
      redirect_uri: taken.redirect_uri,
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

/**
 * That it is taken need not be on disk before the code is sent: whatever is committed later brings it there as well, and
 * where nothing is, the person starts again.
 */
const withoutWaiting = sql<boolean>`(select set_config('synchronous_commit', 'off', true)) is not null`

/** The session of the authorization, if it is for this person; for nobody in particular where a browser is proof too. */
function sessionOf(
  eb: ExpressionBuilder<Database, 'pending_authorizations'>,
  { person, mayBeNobodys }: { person: string | null; mayBeNobodys: boolean },
) {
  return eb
    .selectFrom('connect_sessions')
    .select('connect_sessions.id')
    .whereRef('connect_sessions.id', '=', 'pending_authorizations.connect_session_id')
    .where(({ eb, ref, or }) =>
      or([
        eb(ref('end_user', '->>').key('id'), '=', person ?? ''),
        ...(mayBeNobodys ? [eb('end_user', 'is', null)] : []),
      ]),
    )
}

function placeOf(tenantId: string, connectSessionId: string) {
  return { tenant_id: tenantId, table: 'pending_authorizations', column: 'sealed', row: connectSessionId }
}
