import { OAuthError } from './errors.ts'
import type { OAuthPlan } from './plan.ts'
import { type AuthenticatedRequestContext, authenticatedScope, requireGrant } from './request-scope.ts'
import { renderRequest, type TokenRequest } from './token-request.ts'

/**
 * Builds the token request of the client credentials grant (RFC 6749 §4.4.2) as the plan declares it.
 *
 * @throws OAuthError `invalid_spec` when the provider has no such grant.
 */
export function buildClientCredentialsRequest(plan: OAuthPlan, input: AuthenticatedRequestContext): TokenRequest {
  requireGrant(plan, 'client_credentials')
  const request = plan.behaviour.client_credentials_request
  if (request === null) {
    throw new OAuthError('invalid_spec', `${plan.provider} does not declare its client credentials request.`)
  }
  return renderRequest(request, authenticatedScope(plan, input), plan.url_policy, input.now ?? new Date())
}
