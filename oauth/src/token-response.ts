import { OAuthError } from './errors.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { readJsonPointer } from './json-pointer.ts'
import type { OAuthPlan } from './plan.ts'
import type { TokenMember, TokenPointers, TokenResponseReading } from './provider-behaviour.ts'
import { providerText } from './provider-text.ts'
import { readCaptures } from './read-captures.ts'
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
  const reading = readingOf(plan, phase)
  const reply = readSuccess(response, reading, phase)
  const mapping =
    phase === 'refresh_token' && plan.refresh_response_map.length > 0 ? plan.refresh_response_map : plan.response_map
  const find = (name: TokenMember): JsonValue => {
    const mapped = mapping.find(({ key, from }) => key === name && from === 'pointer')
    const pointed = mapped?.from === 'pointer' ? readJsonPointer(reply, mapped.pointer) : undefined
    return pointed ?? readMember(reply, reading.pointers, name)
  }
  const access_token = readToken('access_token', find('access_token'))
  if (access_token === null) throw malformed('The provider answered without an access token.', 'access_token')
  return {
    access_token,
    refresh_token: readToken('refresh_token', find('refresh_token')),
    expires_at: readLifetime(find, reading, now),
    scope: readScope(find('scope'), reading.scope_separator),
    token_type: providerText(find('token_type')),
    response: secret(reply),
    ...readFurther(plan, reading, reply, now),
  }
}

export function readingOf({ behaviour }: OAuthPlan, phase: TokenPhase): TokenResponseReading {
  if (phase === 'refresh_token') return behaviour.refresh_response
  return phase === 'client_credentials' ? behaviour.client_credentials_response : behaviour.token_response
}

/** The reply of a token endpoint that says yes. */
export function readSuccess(
  response: TokenEndpointResponse,
  reading: TokenResponseReading,
  phase: TokenPhase,
): JsonObject {
  const reply = readReply(response)
  if (response.status < 200 || response.status > 299) throw tokenError(response.status, reply, phase, reading)
  if (reply === null) throw malformed('The provider did not answer with a token response.')
  const { success } = reading
  const failed = success === null ? saysFailure(reply) : readJsonPointer(reply, success.pointer) !== success.equals
  if (failed) throw tokenError(response.status, reply, phase, reading)
  return reply
}

/** Where the provider declares a place, nowhere else: what stands under the RFC's name there is something else. */
function readMember(reply: JsonObject, pointers: TokenPointers, name: TokenMember): JsonValue {
  return readJsonPointer(reply, pointers[name] ?? [name]) ?? null
}

function readLifetime(find: (name: TokenMember) => JsonValue, reading: TokenResponseReading, now: Date): Date | null {
  const stated = { expires_in: find('expires_in'), expires_at: find('expires_at') }
  const silent = stated.expires_in === null && stated.expires_at === null
  return silent
    ? readExpiry({ expires_in: reading.default_lifetime }, now)
    : readExpiry(stated, now, reading.expires_in_unit)
}

/** What only declared behaviour asks for; nothing at all otherwise. */
function readFurther(plan: OAuthPlan, reading: TokenResponseReading, reply: JsonObject, now: Date) {
  const { captures, tokens, pointers } = reading
  const refreshLifetime = { expires_in: readMember(reply, pointers, 'refresh_token_expires_in') }
  return {
    ...(pointers.refresh_token_expires_in !== undefined && {
      refresh_token_expires_at: readExpiry(refreshLifetime, now, reading.expires_in_unit),
    }),
    ...(captures.length > 0 && { captured: readCaptures(captures, reply, plan.url_policy) }),
    ...(tokens.length > 0 && { tokens: readFurtherTokens(reading, reply, now) }),
  }
}

function readFurtherTokens(reading: TokenResponseReading, reply: JsonObject, now: Date): Record<string, IssuedToken> {
  const issued: Record<string, IssuedToken> = {}
  for (const { name, pointers } of reading.tokens) {
    const find = (member: TokenMember) => {
      const pointer = pointers[member]
      return pointer === undefined ? null : (readJsonPointer(reply, pointer) ?? null)
    }
    const access_token = readToken(`${name}.access_token`, find('access_token'))
    if (access_token === null) continue
    issued[name] = {
      access_token,
      refresh_token: readToken(`${name}.refresh_token`, find('refresh_token')),
      expires_at: readLifetime(find, { ...reading, default_lifetime: null }, now),
      scope: readScope(find('scope'), reading.scope_separator),
    }
  }
  return issued
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
function readScope(value: JsonValue, separator: string): string | null {
  const list =
    typeof value === 'string' && separator !== ' ' ? value.split(separator).map((scope) => scope.trim()) : value
  const text = Array.isArray(list) ? list.filter((item) => typeof item === 'string').join(' ') : list
  return typeof text === 'string' && /^[\x20-\x7e]+$/.test(text) ? text : null
}

function malformed(message: string, field: string | null = null): OAuthError {
  return new OAuthError('malformed_response', message, { field, verdict: 'integration_broken' })
}
