import type { Conversation, OAuthPlan, ObtainedGrant } from '@sluice/oauth'
import type { Transaction } from 'kysely'
import { type AuditActor, recordText } from '../audit/audit-record.ts'
import { newConnectionRow } from '../connections/connection.ts'
import type { Database } from '../database/schema.ts'
import { newGrantRow } from '../grants/grant.ts'
import { grantFacts } from '../grants/grant-facts.ts'
import { replaceGrant } from '../grants/replace-grant.ts'
import { isRefusal, revokeUnusedTokens } from '../grants/revoke-unused-tokens.ts'
import type { NeededScopes } from '../grants/scopes.ts'
import { Problem } from '../http/problem.ts'
import { openConversation } from '../integrations/open-conversation.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import type { ConnectSession } from './connect-link.ts'
import { connectorForPerson } from './connector-for-person.ts'
import type { TakenAuthorization } from './pending-authorization.ts'
import { requireGrantedScopes, sessionNeeds } from './session-scopes.ts'

export interface ReceivedResponse {
  parameters: URLSearchParams
  /** Of the browser that brought the response. */
  browser_hash: Buffer
}

/** Everything known once the provider has answered. */
interface Answered {
  services: Services
  session: ConnectSession
  pending: TakenAuthorization
  plan: OAuthPlan
  conversation: Conversation
  issued: ObtainedGrant
  needs: NeededScopes
  actor: AuditActor
  browser_hash: Buffer
  now: Date
}

/**
 * Exchanges the code for tokens (RFC 6749 §4.1.3) and stores the connection with its grant, or puts the grant in the
 * place of the one to repair. Tokens that are refused after all are revoked, where that ends nothing else.
 *
 * @throws OAuthError as the provider's words demand; Problem 410 when the connect session was ended meanwhile, 422
 *   `scopes_missing`, 409 `different_account`
 */
export async function completeAuthorization(
  services: Services,
  pending: TakenAuthorization,
  received: ReceivedResponse,
): Promise<void> {
  const { tenant_id, connect_session_id, integration_id, config, session, integration } = pending
  const connector = await connectorForPerson(services.connectors, session.connector_id)
  if (connector.oauth === null) {
    throw new Problem(422, 'connector_without_oauth', 'The connector no longer offers OAuth.')
  }
  const parties = { tenant_id, integration_id, connector, client: integration }
  const conversation = await openConversation(services, parties)
  const needs = sessionNeeds(session, integration)
  const { kept } = pending
  const issued = await conversation.completeAuthorization({ kept, parameters: received.parameters, config })

  const answered: Answered = {
    services,
    session,
    pending,
    plan: connector.oauth.plan,
    conversation,
    issued,
    needs,
    actor: { type: 'person', id: session.end_user?.id ?? connect_session_id },
    browser_hash: received.browser_hash,
    now: services.now(),
  }
  try {
    requireGrantedScopes(answered.needs, issued.requested_scopes, issued.tokens.scope)
    await (session.repair && session.connection_id !== null
      ? repair(answered, session.connection_id)
      : create(answered))
  } catch (error) {
    if (isRefusal(error)) await revokeAnswered(answered)
    throw error
  }
  services.session_watch.wake(connect_session_id)
}

async function repair(answered: Answered, connection_id: string): Promise<void> {
  const { services, session, pending, issued, actor } = answered
  const { tenant_id, config } = pending
  const { requested_scopes } = issued
  const { allow_different_account } = session
  const replacement = { tenant_id, connection_id, issued, requested_scopes, config, allow_different_account, actor }
  await replaceGrant(services, replacement, (tx) => completeSession(tx, answered, connection_id))
}

async function create(answered: Answered): Promise<void> {
  const { services, session, pending, plan, conversation, issued, needs, actor, now } = answered
  const { tenant_id, integration_id, config } = pending
  const { id: connect_session_id, connector_id, end_user } = session
  const connection = { id: uuidv7(), tenant_id, connector_id, integration_id, config }
  const facts = grantFacts(plan, { ...issued, client_id: conversation.client_id, granted_at: now })
  const { required: required_scopes, optional: optional_scopes } = needs
  const rows = {
    connection: await newConnectionRow(services.keys, { ...connection, end_user, required_scopes, optional_scopes }),
    grant: await newGrantRow(services.keys, connection, issued, facts, { now, behaviour: plan.behaviour }),
  }
  const { browser_hash } = answered
  const created = { kind: 'created', actor, detail: { connect_session_id }, at: now } as const
  const subject = { type: 'connection', id: connection.id }
  const detail = { connector_id, connect_session_id }
  const record = recordText(tenant_id, { action: 'connection.create', actor, subject, detail }, now)
  const stored = { connection, rows, connect_session_id, browser_hash, created, record }
  if (!(await services.batches.connections(tenant_id).add(stored))) throw linkUsed()
}

/** @throws Problem 410 when another browser was first, or the session was cancelled */
async function completeSession(tx: Transaction<Database>, answered: Answered, connectionId: string): Promise<void> {
  const { tenant_id, id } = answered.session
  const completed = await tx
    .updateTable('connect_sessions')
    .set((eb) => ({
      connection_id: connectionId,
      browser_hash: answered.browser_hash,
      completed_at: answered.now,
      config_sealed: null,
      user_code_hash: null,
      error: null,
      version: eb('version', '+', 1),
    }))
    .where('tenant_id', '=', tenant_id)
    .where('id', '=', id)
    .where('completed_at', 'is', null)
    .where('cancelled_at', 'is', null)
    .executeTakeFirst()
  if (completed.numUpdatedRows !== 1n) throw linkUsed()
}

const linkUsed = () => new Problem(410, 'link_used', 'This link was already used.')

async function revokeAnswered(answered: Answered): Promise<void> {
  const { services, conversation, pending, plan, issued, now } = answered
  const { tenant_id, config } = pending
  const { account } = grantFacts(plan, { ...issued, client_id: conversation.client_id, granted_at: now })
  const tokens = { ...issued.tokens, captured: { ...issued.captured, ...issued.tokens.captured } }
  await revokeUnusedTokens(services, { tenant_id, plan, conversation, account, config, tokens })
}
