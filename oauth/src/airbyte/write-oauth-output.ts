import { OAuthError } from '../errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { readJsonPointer } from '../json-pointer.ts'
import { type Secret, secret } from '../secret.ts'
import type { TokenPhase } from '../token-response.ts'
import type { AirbytePaths, OutputPath } from './airbyte-oauth.ts'

export interface OAuthOutput {
  /** What `mapCredentials` made of the token response. */
  credentials: Secret<JsonObject>
  client_id: string
  client_secret: Secret
  /** After a refresh, outputs that the reply leaves out keep their old value. */
  phase: TokenPhase
}

/**
 * Puts what the flow yielded where the connector expects it: the outputs, the client's id and secret if it needs them,
 * and the choice of OAuth among its ways to authenticate. Gives a new config; the given one is left as it is.
 *
 * @throws OAuthError `malformed_response` naming a required output that is missing or not of its declared type;
 *   `refused_value` naming the config field that is no object though the spec puts values into it.
 */
export function writeOAuthOutput(oauth: AirbytePaths, config: JsonObject, output: OAuthOutput): Secret<JsonObject> {
  const result = structuredClone(config)
  const client: Record<string, string> = {
    [oauth.client_id_key]: output.client_id,
    [oauth.client_secret_key]: output.client_secret.reveal(),
  }
  for (const { name, path } of oauth.server_output) {
    const value = Object.hasOwn(client, name) ? client[name] : undefined
    if (value !== undefined) writeAt(result, path, value)
  }
  const credentials = output.credentials.reveal()
  for (const entry of oauth.output) {
    const value = readOutput(entry, credentials)
    if (value !== undefined) writeAt(result, entry.path, value)
    else if (entry.required && output.phase !== 'refresh_token') throw missing(entry.name, 'it is not there')
  }
  if (oauth.predicate !== null) writeAt(result, oauth.predicate.path, oauth.predicate.value)
  return secret(result)
}

/** Under the output's name; a plan from a provider declaration may pass the reply through, with the path of the spec. */
function readOutput(
  { name, path_in_oauth_response, types }: OutputPath,
  credentials: JsonObject,
): JsonValue | undefined {
  const named = Object.hasOwn(credentials, name) ? credentials[name] : undefined
  const value =
    named ?? (path_in_oauth_response === null ? undefined : readJsonPointer(credentials, path_in_oauth_response))
  return value === undefined || value === null ? undefined : ofType(name, value, types)
}

/** Airbyte yields text; specs that declare numbers or booleans get them. */
function ofType(name: string, value: JsonValue, types: string[]): JsonValue {
  if (types.length === 0 || typeof value === 'object') return value
  if (types.includes(typeof value)) return value
  if (types.includes('string')) return String(value)
  const text = String(value)
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  const isNumber = /^-?\d+(\.\d+)?$/.test(text)
  if (isNumber && (types.includes('number') || (types.includes('integer') && !text.includes('.')))) return Number(text)
  throw missing(name, `it is not of the type ${types.join(' or ')} that the spec declares`)
}

/** Sets `path` by own properties only, making objects on the way. */
function writeAt(root: JsonObject, path: string[], value: JsonValue): void {
  let at: JsonObject | JsonValue[] = root
  for (const [index, step] of path.entries()) {
    const isLast = index === path.length - 1
    const field = () => ['config', ...path.slice(0, index + 1)].join('.')
    if (Array.isArray(at)) {
      const item: JsonValue | undefined = /^(?:0|[1-9]\d*)$/.test(step) ? at[Number(step)] : undefined
      if (isLast || (!isJsonObject(item) && !Array.isArray(item))) throw noObject(field())
      at = item
      continue
    }
    if (isLast) {
      at[step] = value
      return
    }
    const next: JsonValue | undefined = Object.hasOwn(at, step) ? at[step] : undefined
    if (next === undefined || next === null) at = at[step] = {}
    else if (isJsonObject(next) || Array.isArray(next)) at = next
    else throw noObject(field())
  }
}

function noObject(field: string): OAuthError {
  return new OAuthError('refused_value', `${field} must hold an object for the credentials. Clear it and try again.`, {
    field,
  })
}

function missing(name: string, reason: string): OAuthError {
  return new OAuthError('malformed_response', `The sign-in did not give ${name}: ${reason}.`, {
    field: name,
    verdict: 'integration_broken',
  })
}
