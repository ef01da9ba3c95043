// Tokens whose reply did not tell how long they live: the provider is asked (RFC 7662), where it is declared or published
// that it answers.
import { OAuthError, type OAuthPlan } from '@sluice/oauth'
import { findConnection, openConfig } from '../connections/connection.ts'
import { findConnector } from '../connectors/find-connector.ts'
import { openConversation } from '../integrations/open-conversation.ts'
import type { Services } from '../services.ts'
import { type Grant, readGrant } from './grant.ts'
import { refreshDueAt } from './refresh-times.ts'

/** Where nothing can be asked, this is looked into again after so long: the connector may be another version then. */
const PAUSE_SECONDS = 300
/** A reader who finds a question younger than this asks not even the database. */
const SHORTEST_PAUSE_SECONDS = 30

/**
 * The grant with its access token's expiry, if the provider tells it; else as it was. One process asks, at most once in
 * the declared interval. Where nothing is known, a caller's report of a 401 is what refreshes the token.
 */
export async function introspectLifetime(services: Services, grant: Grant): Promise<Grant> {
  const lately = services.now().getTime() - SHORTEST_PAUSE_SECONDS * 1000
  if (!grant.refreshable || (grant.introspected_at?.getTime() ?? 0) > lately) return grant
  const row = await findConnection(services, grant.tenant_id, grant.connection_id)
  const connector = await findConnector(services.connectors, row.connector_id)
  const introspection = connector.oauth?.plan.behaviour.introspection ?? null
  const now = services.now()
  const pause = introspection?.interval_seconds ?? PAUSE_SECONDS
  if (!(await takeTurn(services, grant, new Date(now.getTime() - pause * 1000)))) return grant
  if (!connector.oauth) return grant

  const { tenant_id, integration_id } = row
  const conversation = await openConversation(services, { tenant_id, integration_id, connector })
  try {
    const config = await openConfig(services, row)
    const known = await conversation.introspect({ access_token: grant.access_token, captured: grant.captured, config })
    // What the provider no longer knows has expired.
    const expires = known.active ? known.expires_at : now
    if (expires === null) return grant
    await storeExpiry(services, grant, expires, connector.oauth.plan)
  } catch (error) {
    // Neither the spec nor the provider's metadata names an endpoint to ask.
    if (error instanceof OAuthError && error.code === 'not_offered') return grant
    const error_name = error instanceof Error ? error.name : typeof error
    services.log.warn({ error_name, connection_id: grant.connection_id }, 'introspection failed')
    return grant
  }
  return readGrant(services, row)
}

/** True for one process, once after `before`. */
async function takeTurn({ db, now }: Services, grant: Grant, before: Date): Promise<boolean> {
  const taken = await db
    .updateTable('grants')
    .set({ introspected_at: now() })
    .where('tenant_id', '=', grant.tenant_id)
    .where('connection_id', '=', grant.connection_id)
    .where('version', '=', grant.version)
    .where((row) => row.or([row('introspected_at', 'is', null), row('introspected_at', '<', before)]))
    .executeTakeFirst()
  return taken.numUpdatedRows === 1n
}

async function storeExpiry({ db }: Services, grant: Grant, expires: Date, plan: OAuthPlan): Promise<void> {
  const lifetime = { issued_at: grant.issued_at, access_token_expires_at: expires }
  await db
    .updateTable('grants')
    .set({ access_token_expires_at: expires, refresh_due_at: refreshDueAt(lifetime, plan.behaviour.refresh_policy) })
    .where('tenant_id', '=', grant.tenant_id)
    .where('connection_id', '=', grant.connection_id)
    .where('version', '=', grant.version)
    .execute()
}
