// Tokens that an integration's client gets for itself, without a person (RFC 6749 §4.4, RFC 7523 §2.1). Such a grant has no
// refresh token: the next access token is asked for like the first.
import type { Conversation, JsonObject, OAuthPlan, ObtainedGrant } from '@sluice/oauth'
import { Problem } from '../http/problem.ts'

export const OWN_GRANT_TYPES = ['client_credentials', 'jwt_bearer'] as const
export type OwnGrantType = (typeof OWN_GRANT_TYPES)[number]

export interface OwnTokensContext {
  config: JsonObject
  captured?: JsonObject
  signal?: AbortSignal
}

/** @throws OAuthError with its verdict; `signal`'s reason */
export function requestOwnTokens(
  conversation: Conversation,
  grant_type: OwnGrantType,
  context: OwnTokensContext,
): Promise<ObtainedGrant> {
  return grant_type === 'client_credentials' ? conversation.clientCredentials(context) : conversation.jwtBearer(context)
}

/**
 * A provider that publishes metadata says no by itself; elsewhere the spec must declare the grant.
 *
 * @throws Problem 422 `grant_not_offered`
 */
export function requireOffered(plan: OAuthPlan, grant_type: OwnGrantType, issuer: string | null): void {
  if (plan.behaviour.grants.has(grant_type) || issuer !== null || plan.server?.issuer) return
  const message = `${plan.provider} does not declare ${grant_type}. Use a connector whose provider does, or a connect session.`
  throw new Problem(422, 'grant_not_offered', message, {
    errors: [{ pointer: '/grant_type', rule: 'offered_by_provider', message }],
  })
}
