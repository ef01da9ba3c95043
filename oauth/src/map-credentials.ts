import { OAuthError } from './errors.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { readJsonPointer } from './json-pointer.ts'
import type { OAuthPlan, ResponseMapping } from './plan.ts'
import { type Secret, secret } from './secret.ts'
import { renderText } from './template/render.ts'
import type { TokenPhase, TokenSet } from './token-response.ts'

/**
 * Makes the connector's `credentials` out of the provider's reply, by the plan's response map: a JSON pointer keeps the
 * type and drops the key when there is nothing, a template always gives text, other values are literal. Without a map
 * the reply is passed through.
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
  { now, phase }: { now: Date; phase: TokenPhase },
): Secret<JsonObject> {
  const reply = tokens.response.reveal()
  const isRefresh = phase === 'refresh_token'
  const map = isRefresh && plan.refresh_response_map.length > 0 ? plan.refresh_response_map : plan.response_map

  const mapped =
    map.length === 0
      ? Object.entries(reply)
      : map.map((entry) => [entry.key, readEntry(entry, reply, now, isRefresh)] as const)
  const credentials = mapped.filter((pair): pair is [string, JsonValue] => {
    const value = pair[1]
    return value !== undefined && !(isRefresh && (value === null || value === ''))
  })
  return secret(Object.fromEntries(credentials))
}

function readEntry(entry: ResponseMapping, reply: JsonObject, now: Date, isRefresh: boolean): JsonValue | undefined {
  if (entry.from === 'literal') return entry.value
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
