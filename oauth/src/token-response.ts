import { OAuthError } from './errors.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { readJsonPointer } from './json-pointer.ts'
import type { OAuthPlan } from './plan.ts'
import { providerText } from './provider-text.ts'
import { readReply } from './reply.ts'
import { type Secret, secret } from './secret.ts'
import { saysFailure, tokenError } from './token-error.ts'
import { readExpiry } from './token-lifetime.ts'

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
  | 'device_code'
  | 'jwt_bearer'
  | 'token_exchange'

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
}

/** Longer tokens do not fit into the headers that they are meant for. */
const MAX_TOKEN = 32_768

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
  const reply = readReply(response)
  if (response.status < 200 || response.status > 299) throw tokenError(response.status, reply, phase)
  if (reply === null) throw malformed('The provider did not answer with a token response.')
  if (saysFailure(reply)) throw tokenError(response.status, reply, phase)

  const mapping =
    phase === 'refresh_token' && plan.refresh_response_map.length > 0 ? plan.refresh_response_map : plan.response_map
  const find = (name: string): JsonValue => {
    const mapped = mapping.find(({ key, from }) => key === name && from === 'pointer')
    const pointed = mapped?.from === 'pointer' ? readJsonPointer(reply, mapped.pointer) : undefined
    return pointed ?? readJsonPointer(reply, [name]) ?? null
  }
  const access_token = readToken('access_token', find('access_token'))
  if (access_token === null) throw malformed('The provider answered without an access token.', 'access_token')
  return {
    access_token,
    refresh_token: readToken('refresh_token', find('refresh_token')),
    expires_at: readExpiry(reply, now),
    scope: readScope(find('scope')),
    token_type: providerText(find('token_type')),
    response: secret(reply),
  }
}

/** RFC 6749 appendix A.12: visible ASCII and spaces. Null when missing or empty. */
function readToken(field: string, value: JsonValue): Secret | null {
  if (value === null || value === '') return null
  if (typeof value !== 'string' || value.length > MAX_TOKEN || !/^[\x20-\x7e]+$/.test(value)) {
    throw malformed(`The provider's ${field} is not a usable token.`, field)
  }
  return secret(value)
}

/** Scopes come as text, or as a list (Twitch). */
function readScope(value: JsonValue): string | null {
  const text = Array.isArray(value) ? value.filter((item) => typeof item === 'string').join(' ') : value
  return typeof text === 'string' && /^[\x20-\x7e]+$/.test(text) ? text : null
}

function malformed(message: string, field: string | null = null): OAuthError {
  return new OAuthError('malformed_response', message, { field, verdict: 'integration_broken' })
}
