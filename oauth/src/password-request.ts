import { OAuthError } from './errors.ts'
import type { OAuthPlan } from './plan.ts'
import { type AuthenticatedRequestContext, authenticatedScope, requireGrant } from './request-scope.ts'
import type { Secret } from './secret.ts'
import { renderRequest, type TokenRequest } from './token-request.ts'

export interface PasswordRequestInput extends AuthenticatedRequestContext {
  username: Secret
  password: Secret
}

/**
 * Builds the token request of the resource owner password grant (RFC 6749 §4.3.2) as the plan declares it. No plan has
 * it unless its spec says so: the person's password belongs to the provider alone (RFC 9700 §2.4).
 *
 * @throws OAuthError `invalid_spec` when the plan does not declare the grant; `refused_value` naming the field that is
 *   empty or does not fit its place.
 */
export function buildPasswordRequest(
  plan: OAuthPlan,
  { username, password, ...context }: PasswordRequestInput,
): TokenRequest {
  requireGrant(plan, 'password')
  const request = plan.behaviour.password_request
  if (request === null) {
    throw new OAuthError('invalid_spec', `${plan.provider} does not declare its password request.`)
  }
  const scope = { ...authenticatedScope(plan, context), username: username.reveal(), password: password.reveal() }
  return renderRequest(request, scope, plan.url_policy, context.now ?? new Date())
}
