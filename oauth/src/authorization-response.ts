import { OAuthError } from './errors.ts'
import type { OAuthPlan } from './plan.ts'
import type { Secret } from './secret.ts'

export interface AuthorizationResponse {
  code: Secret
  /** What else the provider sent, such as `realmId`; for `buildTokenRequest`. */
  parameters: Record<string, string>
  /** Names of parameters that a code flow must not carry (`access_token`, `id_token`) and that were dropped unread. */
  ignored: string[]
}
export function readAuthorizationResponse(
  _plan: OAuthPlan,
  _parameters: URLSearchParams,
  _expected: { state: string; issuer?: string },
): AuthorizationResponse {
  throw new OAuthError('invalid_spec', 'readAuthorizationResponse is being built.')
}
