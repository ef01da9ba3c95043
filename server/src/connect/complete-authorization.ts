import { insertConnection } from '../connections/connection.ts'
import { recordHistory } from '../connections/connection-history.ts'
import { emitEvent } from '../events/emit-event.ts'
import { insertGrant } from '../grants/grant.ts'
import { grantFacts } from '../grants/grant-facts.ts'
import { revokeTokens } from '../grants/revoke-tokens.ts'
import { Problem } from '../http/problem.ts'
import { openConversation } from '../integrations/open-conversation.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import { connectorForPerson } from './connector-for-person.ts'
import type { PendingAuthorization } from './pending-authorization.ts'

export interface ReceivedResponse {
  parameters: URLSearchParams
  /** Of the browser that brought the response. */
  browser_hash: Buffer
}

/**
 * Exchanges the code for tokens (RFC 6749 §4.1.3) and stores the connection with its grant.
 *
 * @throws OAuthError as the provider's words demand; Problem 410 when the connect session was completed meanwhile
 */
export async function completeAuthorization(
  services: Services,
  pending: PendingAuthorization,
  received: ReceivedResponse,
): Promise<void> {
  const { tenant_id, connect_session_id, integration_id, config } = pending
  const session = await services.db
    .selectFrom('connect_sessions')
    .select(['connector_id', 'end_user'])
    .where('tenant_id', '=', tenant_id)
    .where('id', '=', connect_session_id)
    .executeTakeFirstOrThrow()
  const connector = await connectorForPerson(services.connectors, session.connector_id)
  if (connector.oauth === null)
    throw new Problem(422, 'connector_without_oauth', 'The connector no longer offers OAuth.')
  const { plan } = connector.oauth
  const conversation = await openConversation(services, { tenant_id, integration_id, connector })
  const issued = await conversation.completeAuthorization({
    kept: pending.kept,
    parameters: received.parameters,
    config,
  })
  const now = services.now()

  const connection = { id: uuidv7(), tenant_id, connector_id: session.connector_id, integration_id, config }
  const facts = grantFacts(plan, {
    ...issued,
    client_id: conversation.client_id,
    granted_at: now,
  })
  const stored = services.db.transaction().execute(async (tx) => {
    await insertConnection(tx, services.keys, { ...connection, end_user: session.end_user })
    await insertGrant(tx, services.keys, connection, issued, facts)
    await recordHistory(tx, connection, {
      kind: 'created',
      actor: { type: 'person', id: session.end_user?.id ?? connect_session_id },
      detail: { connect_session_id },
      at: now,
    })
    await emitEvent(tx, tenant_id, { type: 'connection.created', data: { connection_id: connection.id } })
    const completed = await tx
      .updateTable('connect_sessions')
      .set({
        connection_id: connection.id,
        browser_hash: received.browser_hash,
        completed_at: services.now(),
        error: null,
      })
      .where('tenant_id', '=', tenant_id)
      .where('id', '=', connect_session_id)
      .where('completed_at', 'is', null)
      .executeTakeFirst()
    if (completed.numUpdatedRows !== 1n) throw new Problem(410, 'link_used', 'This link was already used.')
  })
  try {
    await stored
  } catch (error) {
    // Nobody will use what is not stored: another browser finished the link first.
    await revokeTokens(conversation, { config, tokens: { ...issued.tokens, captured: issued.captured } })
    throw error
  }
}
