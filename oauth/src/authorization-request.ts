import { OAuthError } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { OAuthPlan } from './plan.ts'

export interface AuthorizationRequestInput {
  client_id: string
  redirect_uri: string
  state: string
  /** The endpoint config, for templates such as `{{{config.subdomain}}}`. */
  config: JsonObject
  /** Required when `plan.uses_pkce`. */
  code_challenge?: string
  code_challenge_method?: 'S256'
  /** For `now_plus`; the current time unless given. */
  now?: Date
}
export function buildAuthorizationRequest(_plan: OAuthPlan, _input: AuthorizationRequestInput): { url: string } {
  throw new OAuthError('invalid_spec', 'buildAuthorizationRequest is being built.')
}
