import { OAuthError } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { OAuthPlan } from './plan.ts'
import type { Secret } from './secret.ts'

/** What the guarded fetch gives back: the whole body as text, already bounded. */
export interface TokenEndpointResponse {
  status: number
  headers: Headers
  body: string
}

/** Which grant the request asked for; the reply is judged and mapped accordingly. */
export type TokenPhase = 'authorization_code' | 'refresh_token'

export interface TokenSet {
  access_token: Secret
  /** Null when none was returned: after a refresh the old one stays valid (RFC 6749 §6). */
  refresh_token: Secret | null
  /** Null when the provider states no lifetime. */
  expires_at: Date | null
  /** Space-separated, as granted; null when not stated. */
  scope: string | null
  token_type: string | null
  /** The provider's whole reply. */
  response: Secret<JsonObject>
}
export function readTokenResponse(
  _plan: OAuthPlan,
  _response: TokenEndpointResponse,
  _context: { now: Date; phase: TokenPhase },
): TokenSet {
  throw new OAuthError('invalid_spec', 'readTokenResponse is being built.')
}
