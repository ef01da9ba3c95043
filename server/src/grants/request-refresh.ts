// The one place where a refresh leaves for the provider.
import {
  buildClientCredentialsRequest,
  buildJwtBearerRequest,
  buildRefreshRequest,
  OAuthError,
  type OAuthPlan,
  secret,
} from '@sluice/oauth'
import { findConnector } from '../connectors/find-connector.ts'
import type { ClientRow } from '../integrations/find-integration.ts'
import { openConversation } from '../integrations/open-conversation.ts'
import type { Services } from '../services.ts'
import type { Grant, GrantedConnection, IssuedTokens } from './grant.ts'
import { type GrantFacts, grantFacts } from './grant-facts.ts'
import { replyMayBeLost } from './in-doubt.ts'
import { requestOwnTokens } from './own-grant.ts'

export interface PreparedRefresh {
  plan: OAuthPlan
  /** Names the circuit: the token endpoint's host, where the plan tells it. */
  host: string
  /** @throws OAuthError with its verdict; `signal`'s reason */
  send(signal: AbortSignal): Promise<IssuedTokens>
  /** Whether a request with the refresh token may have left. */
  sent(): boolean
  /** What a reply tells of a grant beside its tokens. */
  learn(issued: IssuedTokens): Pick<GrantFacts, 'account' | 'refresh_expiry_is_final'>
}

/** Puts together what a refresh needs (RFC 6749 §6), or the next request of a client that asks for itself. @throws OAuthError, Problem when nothing can be sent */
export async function prepareRefresh(
  services: Services,
  connection: GrantedConnection & { client: ClientRow },
  grant: Grant,
): Promise<PreparedRefresh> {
  const { tenant_id, integration_id, config, client } = connection
  const connector = await findConnector(services.connectors, connection.connector_id)
  if (connector.oauth === null) {
    throw new OAuthError('not_offered', 'The connector no longer declares OAuth.', { verdict: 'connector_broken' })
  }
  let sent = false
  const conversation = await openConversation(services, {
    tenant_id,
    integration_id,
    connector,
    client,
    fetch: (request, options) => {
      // Metadata is fetched by GET before it. A client that asks for itself spends nothing by asking.
      sent ||= request.method !== 'GET' && grant.grant_type === null
      return services.fetch(request, options)
    },
  })
  const { plan } = connector.oauth
  return {
    plan,
    host: hostOf(plan, connection, grant),
    sent: () => sent,
    learn({ tokens }) {
      const { client_id } = client
      const origin = { tokens, captured: grant.captured, client_id, requested_scopes: null, granted_at: services.now() }
      const { account, refresh_expiry_is_final } = grantFacts(plan, origin)
      return { account, refresh_expiry_is_final }
    },
    async send(signal) {
      const { refresh_token, access_token, captured, dpop, grant_type, credentials: before } = grant
      const issued =
        grant_type === null
          ? await conversation.refresh({
              refresh_token,
              access_token,
              captured,
              dpop,
              credentials: before,
              config,
              signal,
            })
          : await requestOwnTokens(conversation, grant_type, { config, captured, signal })
      // What the provider left out, such as a refresh token that it does not rotate, stays as it was.
      const credentials = secret({ ...before.reveal(), ...issued.credentials.reveal() })
      return { ...issued, credentials, grant_type }
    },
  }
}

function hostOf(plan: OAuthPlan, { config }: GrantedConnection, grant: Grant): string {
  const { access_token, refresh_token, captured, grant_type } = grant
  const context = { client_id: 'client', client_secret: secret('secret'), captured, config }
  try {
    const request =
      grant_type === 'client_credentials'
        ? buildClientCredentialsRequest(plan, context)
        : grant_type === 'jwt_bearer'
          ? buildJwtBearerRequest(plan, { ...context, assertion: secret('assertion') })
          : buildRefreshRequest(plan, { ...context, access_token, refresh_token })
    return new URL(request.url).host
  } catch {
    // The endpoint stands in the provider's metadata.
    return plan.provider
  }
}

export type RefreshReply =
  | { issued: IssuedTokens; at: Date }
  | {
      error: OAuthError
      /** Whether the provider may have issued tokens that did not arrive. */
      in_doubt: boolean
    }

/** Calls the provider and reads its reply. Throws nothing but `signal`'s reason. */
export async function requestRefresh(
  { now }: Services,
  prepared: PreparedRefresh,
  signal: AbortSignal,
): Promise<RefreshReply> {
  try {
    return { issued: await prepared.send(signal), at: now() }
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    return { error, in_doubt: prepared.sent() && replyMayBeLost(error) }
  }
}
