import { OAuthError } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { OAuthPlan } from './plan.ts'
import type { Secret } from './secret.ts'
import type { TokenRequest } from './token-request.ts'

export interface RefreshRequestInput {
  client_id: string
  client_secret: Secret
  refresh_token: Secret
  config: JsonObject
  /** For `now_plus`; the current time unless given. */
  now?: Date
}
export function buildRefreshRequest(_plan: OAuthPlan, _input: RefreshRequestInput): TokenRequest {
  throw new OAuthError('invalid_spec', 'buildRefreshRequest is being built.')
}
