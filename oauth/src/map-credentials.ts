import { OAuthError } from './errors.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { readJsonPointer } from './json-pointer.ts'
import type { OAuthPlan, ResponseMapping } from './plan.ts'
import { type Secret, secret } from './secret.ts'
import { renderText } from './template/render.ts'
import type { IssuedToken, TokenPhase, TokenSet } from './token-response.ts'

/**
 * Makes the connector's `credentials` out of the provider's reply, by the plan's response map: a JSON pointer keeps the
 * type and drops the key when there is nothing, a template always gives text, other values are literal. Without a map
 * the reply is passed through.
 *
 * `captured` is what the authorization response and earlier token responses gave beside tokens.
 *
 * After a refresh (its own map, or the token request's), keys with nothing new to say (null or empty, such as a refresh
 * token that was not rotated) are dropped, so that merging the result over the old credentials loses nothing.
 *
 * @throws OAuthError `malformed_response` naming the key, when `now_plus` gets no number of seconds or when the spec
 *   requires what a first reply does not have.
 */
export function mapCredentials(
  plan: OAuthPlan,
  tokens: TokenSet,
  { now, phase, captured }: { now: Date; phase: TokenPhase; captured?: JsonObject },
): Secret<JsonObject> {
  const reply = tokens.response.reveal()
  const set = tokenSetAsJson(tokens, captured)
  const isRefresh = phase === 'refresh_token'
  const map = isRefresh && plan.refresh_response_map.length > 0 ? plan.refresh_response_map : plan.response_map

  const mapped =
    map.length === 0
      ? Object.entries(reply)
      : map.map((entry) => [entry.key, readEntry(entry, { reply, set, now, isRefresh })] as const)
  const credentials = mapped.filter((pair): pair is [string, JsonValue] => {
    const value = pair[1]
    return value !== undefined && !(isRefresh && (value === null || value === ''))
  })
  return secret(Object.fromEntries(credentials))
}

/**
 * A token set as response maps see it: `access_token`, `refresh_token`, `expires_at` and `refresh_token_expires_at` (ISO
 * 8601), `scope`, `captured` (with what the authorization response gave), and `tokens` by name.
 */
function tokenSetAsJson(tokens: TokenSet, captured: JsonObject = {}): JsonObject {
  const further = Object.entries(tokens.tokens ?? {}).map(([name, token]) => [name, issuedAsJson(token)] as const)
  return {
    ...issuedAsJson(tokens),
    refresh_token_expires_at: tokens.refresh_token_expires_at?.toISOString() ?? null,
    captured: { ...captured, ...tokens.captured },
    tokens: Object.fromEntries(further),
  }
}

function issuedAsJson({ access_token, refresh_token, expires_at, scope }: IssuedToken): JsonObject {
  return {
    access_token: access_token.reveal(),
    refresh_token: refresh_token?.reveal() ?? null,
    expires_at: expires_at?.toISOString() ?? null,
    scope,
  }
}

function readEntry(
  entry: ResponseMapping,
  { reply, set, now, isRefresh }: { reply: JsonObject; set: JsonObject; now: Date; isRefresh: boolean },
): JsonValue | undefined {
  if (entry.from === 'literal') return entry.value
  // What the provider did not say is no key at all, rather than null.
  if (entry.from === 'token_set') return readJsonPointer(set, entry.pointer) ?? undefined
  if (entry.from === 'pointer') return readPointed(entry, reply, isRefresh)
  try {
    return renderText(entry.template, reply, now)
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    // A refresh may leave out what the first reply gave.
    if (isRefresh && error.field !== null && readJsonPointer(reply, error.field.split('.')) === undefined)
      return undefined
    throw missing(entry.key, error)
  }
}

type PointerMapping = Extract<ResponseMapping, { from: 'pointer' }>

function readPointed({ key, pointer, required, as }: PointerMapping, reply: JsonObject, isRefresh: boolean) {
  const value = readJsonPointer(reply, pointer)
  if (required && !isRefresh && (value === undefined || value === null)) throw missing(key)
  const isScalar = typeof value === 'number' || typeof value === 'boolean'
  return as === 'text' && isScalar ? String(value) : value
}

function missing(key: string, cause?: OAuthError): OAuthError {
  const reason = cause?.message ?? 'it is not there.'
  return new OAuthError('malformed_response', `The provider's reply does not give ${key}: ${reason}`, {
    field: key,
    verdict: 'integration_broken',
    cause,
  })
}
