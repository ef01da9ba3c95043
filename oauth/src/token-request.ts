import { OAuthError } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { OAuthPlan } from './plan.ts'
import type { Secret } from './secret.ts'
/** A request ready to send: encoded, host pinned, secrets in the clear. Never log it. */
export interface TokenRequest {
  method: string
  url: string
  /** Lower-case names. */
  headers: Record<string, string>
  body: string | null
}

export interface TokenRequestInput {
  client_id: string
  client_secret: Secret
  redirect_uri: string
  code: Secret
  code_verifier?: Secret
  /** The endpoint config, for templates such as `{{{config.subdomain}}}`. */
  config: JsonObject
  /** Further parameters of the authorization response; they never override the fields above. */
  parameters?: Record<string, string>
  /** For `now_plus`; the current time unless given. */
  now?: Date
}
export function buildTokenRequest(_plan: OAuthPlan, _input: TokenRequestInput): TokenRequest {
  throw new OAuthError('invalid_spec', 'buildTokenRequest is being built.')
}
