import type { JsonObject, JsonValue } from './json.ts'
import { readJsonPointer } from './json-pointer.ts'
import type { OAuthPlan } from './plan.ts'
import type { TokenMember, TokenPointers, TokenResponseReading } from './provider-behaviour.ts'
import { providerText } from './provider-text.ts'
import { readCaptures } from './read-captures.ts'
import { type Secret, secret } from './secret.ts'
import { malformed } from './token-error.ts'
import { readExpiry } from './token-lifetime.ts'
import type { IssuedToken, TokenSet } from './token-response.ts'

/** Longer tokens do not fit into the headers that they are meant for. */
const MAX_TOKEN = 32_768

/**
 * Reads the tokens of a reply, and whatever else the plan keeps of it; null when there is no access token. `mapped` finds
 * members before the reading does.
 */
export function readTokens(
  plan: OAuthPlan,
  reading: TokenResponseReading,
  reply: JsonObject,
  now: Date,
  mapped: (name: TokenMember) => JsonValue | undefined = () => undefined,
): Omit<TokenSet, 'response'> | null {
  const find = (name: TokenMember): JsonValue => mapped(name) ?? readMember(reply, reading.pointers, name)
  const access_token = readToken('access_token', find('access_token'))
  if (access_token === null) return null
  return {
    access_token,
    refresh_token: readToken('refresh_token', find('refresh_token')),
    expires_at: readLifetime(find, reading, now),
    scope: readScope(find('scope'), reading.scope_separator),
    token_type: providerText(find('token_type')),
    ...readFurther(plan, reading, reply, now),
  }
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

/** Characters. No provider has so many scopes, and what is kept of a reply is bounded. */
const MAX_SCOPE = 16_384

/** Scopes come as text, or as a list (Twitch). */
function readScope(value: JsonValue, separator: string): string | null {
  const list =
    typeof value === 'string' && separator !== ' ' ? value.split(separator).map((scope) => scope.trim()) : value
  const text = Array.isArray(list) ? list.filter((item) => typeof item === 'string').join(' ') : list
  return typeof text === 'string' && text.length <= MAX_SCOPE && /^[\x20-\x7e]+$/.test(text) ? text : null
}
