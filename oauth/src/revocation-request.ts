import { OAuthError } from './errors.ts'
import type { OAuthPlan } from './plan.ts'
import { type AuthenticatedRequestContext, authenticatedScope } from './request-scope.ts'
import type { Secret } from './secret.ts'
import { renderRequest, type TokenRequest } from './token-request.ts'

export interface RevocationRequestInput extends AuthenticatedRequestContext {
  access_token: Secret
  refresh_token?: Secret | null
}

/**
 * Builds the request that ends a grant at its provider (RFC 7009 §2.1, or as the provider declares it), by the token whose
 * revocation ends all of it; by the access token where there is no refresh token. Null when the provider offers none.
 *
 * @throws OAuthError `refused_value` naming the field whose value does not fit its place.
 */
export function buildRevocationRequest(plan: OAuthPlan, input: RevocationRequestInput): TokenRequest | null {
  const { revocation } = plan.behaviour
  if (revocation === null) return null
  const kind = input.refresh_token ? revocation.token : 'access_token'
  const token = (kind === 'refresh_token' ? input.refresh_token : input.access_token)?.reveal() ?? ''
  if (token === '') throw new OAuthError('refused_value', `The revocation request needs ${kind}.`, { field: kind })
  const scope = {
    ...authenticatedScope(plan, input),
    token,
    token_type_hint: kind,
    access_token: input.access_token.reveal(),
    refresh_token: input.refresh_token?.reveal(),
  }
  return renderRequest(revocation.request, scope, plan.url_policy, input.now ?? new Date())
}
