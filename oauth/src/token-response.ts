import { readRetryAfter } from './grants/retry-after.ts'
import type { JsonObject } from './json.ts'
import { readJsonPointer } from './json-pointer.ts'
import type { OAuthPlan } from './plan.ts'
import type { TokenMember, TokenResponseReading } from './provider-behaviour.ts'
import { readTokens } from './read-tokens.ts'
import { readReply } from './reply.ts'
import { type Secret, secret } from './secret.ts'
import { malformed, saysFailure, tokenError } from './token-error.ts'

/** What the guarded fetch gives back: the whole body as text, already bounded. */
export interface TokenEndpointResponse {
  status: number
  headers: Headers
  body: string
}

/** Which grant the request asked for; the reply is judged and mapped accordingly. */
export type TokenPhase =
  | 'authorization_code'
  | 'refresh_token'
  | 'client_credentials'
  | 'password'
  | 'device_code'
  | 'jwt_bearer'
  | 'token_exchange'

/** A token with what is said about it. */
export interface IssuedToken {
  access_token: Secret
  refresh_token: Secret | null
  expires_at: Date | null
  scope: string | null
}

export interface TokenSet {
  access_token: Secret
  /** Null when none was returned: after a refresh the old one stays valid (RFC 6749 §6). */
  refresh_token: Secret | null
  /** Null when the provider states no lifetime; see `readExpiry`. */
  expires_at: Date | null
  /** Space-separated, as granted; null when not stated. */
  scope: string | null
  token_type: string | null
  /** The provider's whole reply. */
  response: Secret<JsonObject>
  /** When the refresh token expires, for plans that know where the reply says so. */
  refresh_token_expires_at?: Date | null
  /** What the plan keeps of the reply for later requests. */
  captured?: JsonObject
  /** Further tokens of the grant by the plan's names for them. */
  tokens?: Record<string, IssuedToken>
}

/**
 * Reads a token response (RFC 6749 §5.1, §5.2) into a token set. Tokens are found where the plan's response map points,
 * else under their RFC names.
 *
 * @throws OAuthError `invalid_grant`, `invalid_client`, `token_request_failed` when the provider says no, also within a
 *   200; `malformed_response` when the body is no token response. Each with its verdict.
 */
export function readTokenResponse(
  plan: OAuthPlan,
  response: TokenEndpointResponse,
  { now, phase }: { now: Date; phase: TokenPhase },
): TokenSet {
  const reading = readingOf(plan, phase)
  const reply = readSuccess(response, reading, phase)
  const mapping =
    phase === 'refresh_token' && plan.refresh_response_map.length > 0 ? plan.refresh_response_map : plan.response_map
  const mapped = (name: TokenMember) => {
    const entry = mapping.find(({ key, from }) => key === name && from === 'pointer')
    return entry?.from === 'pointer' ? readJsonPointer(reply, entry.pointer) : undefined
  }
  const tokens = readTokens(plan, reading, reply, now, mapped)
  if (tokens === null) throw malformed('The provider answered without an access token.', 'access_token')
  return { ...tokens, response: secret(reply) }
}

export function readingOf({ behaviour }: OAuthPlan, phase: TokenPhase): TokenResponseReading {
  if (phase === 'refresh_token') return behaviour.refresh_response
  if (phase === 'client_credentials') return behaviour.client_credentials_response
  if (phase === 'jwt_bearer') return behaviour.jwt_bearer_response
  return phase === 'password' ? behaviour.password_response : behaviour.token_response
}

/** The reply of a token endpoint that says yes. */
export function readSuccess(
  response: TokenEndpointResponse,
  reading: TokenResponseReading,
  phase: TokenPhase,
): JsonObject {
  const reply = readReply(response)
  if (response.status < 200 || response.status > 299) {
    throw tokenError(response.status, reply, phase, reading, readRetryAfter(response.headers, new Date()))
  }
  if (reply === null) throw malformed('The provider did not answer with a token response.')
  const { success } = reading
  const failed = success === null ? saysFailure(reply) : readJsonPointer(reply, success.pointer) !== success.equals
  if (failed) throw tokenError(response.status, reply, phase, reading)
  return reply
}
