// Where a connector looks for its credentials: Flow's under `credentials`, by the names of the response map; Airbyte's
// each at the path that `complete_oauth_output_specification` gives it; a Singer tap's at the root of its config.
import {
  escapeToken,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parsePointer,
  type Secret,
  secret,
} from '@sluice/connector-specs'

export interface CredentialsPlace {
  /** JSON pointer of the object that takes what `pointers` do not name: '' is the config itself. */
  under: string
  /** JSON pointers by the names of the response map. */
  pointers?: Record<string, string>
}

export const FLOW_PLACE: CredentialsPlace = { under: '/credentials' }
export const SINGER_PLACE: CredentialsPlace = { under: '' }

/** @param output what an Airbyte specification says of its OAuth output: names with their paths in the config */
export function airbytePlace(output: readonly { name: string; path: readonly string[] }[]): CredentialsPlace {
  const pointers = output.map(
    ({ name, path }) => [name, path.map((token) => `/${escapeToken(token)}`).join('')] as const,
  )
  return { under: '/credentials', pointers: Object.fromEntries(pointers) }
}

/** The config with the credentials in the connector's own fields. Changes neither. */
export function placeCredentials(
  config: Secret<JsonObject>,
  credentials: Secret<JsonObject>,
  place: CredentialsPlace,
): Secret<JsonObject> {
  const placed = structuredClone(config.reveal())
  for (const [name, value] of Object.entries(credentials.reveal())) {
    if (value === undefined) continue
    put(placed, place.pointers?.[name] ?? `${place.under}/${escapeToken(name)}`, value)
  }
  return secret(placed)
}

/** Sets a value, making the objects on its way; prototypes are no fields. */
function put(target: JsonObject, pointer: string, value: JsonValue): void {
  const tokens = parsePointer(pointer)
  const last = tokens.pop()
  if (last === undefined || [...tokens, last].includes('__proto__')) return
  let node = target
  for (const token of tokens) {
    const next = Object.hasOwn(node, token) ? node[token] : undefined
    if (isJsonObject(next)) node = next
    else {
      const made: JsonObject = {}
      node[token] = made
      node = made
    }
  }
  node[last] = value
}
