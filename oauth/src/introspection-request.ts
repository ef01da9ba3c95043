import type { OAuthPlan } from './plan.ts'
import { type AuthenticatedRequestContext, authenticatedScope } from './request-scope.ts'
import type { Secret } from './secret.ts'
import { renderRequest, type TokenRequest } from './token-request.ts'

/**
 * Builds the request that asks the provider about an access token (RFC 7662 §2.1), for providers whose token responses do
 * not tell the lifetime; `plan.behaviour.introspection` says where the reply tells it. Null when the provider has none.
 */
export function buildIntrospectionRequest(
  plan: OAuthPlan,
  input: AuthenticatedRequestContext & { access_token: Secret },
): TokenRequest | null {
  const { introspection } = plan.behaviour
  if (introspection === null) return null
  const scope = { ...authenticatedScope(plan, input), token: input.access_token.reveal() }
  return renderRequest(introspection.request, scope, plan.url_policy, input.now ?? new Date())
}
