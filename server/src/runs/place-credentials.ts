// A connection's config as its connector gets it, and where in it each credential stands.
import { configWithCredentials, escapeToken } from '@sluice/connector-specs'
import { placeCredentials, SINGER_PLACE } from '@sluice/launcher'
import { type JsonObject, type JsonValue, type Secret, secret } from '@sluice/oauth'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import type { OAuthClient } from '../integrations/find-integration.ts'

/** The config with client and tokens in the connector's own fields: a Singer tap looks for them at the root. */
export function withCredentials(
  { spec, oauth, task }: DescribedConnector,
  config: JsonObject,
  client: OAuthClient,
  tokens: Secret<JsonObject>,
): Secret<JsonObject> {
  if (oauth === null) return secret(config)
  if (task.protocol === 'singer') {
    const registration = { client_id: client.client_id, client_secret: client.client_secret.reveal() }
    return placeCredentials(secret(config), secret({ ...registration, ...tokens.reveal() }), SINGER_PLACE)
  }
  return configWithCredentials(spec.config_schema, oauth, config, { ...client, tokens, phase: 'authorization_code' })
}

/** JSON pointers of the fields that the token response is mapped to, by its names; those without a place are left out. */
export function credentialPointers(
  connector: DescribedConnector,
  config: JsonObject,
  client: OAuthClient,
  tokens: Secret<JsonObject>,
): Record<string, string> {
  const mark = crypto.randomUUID()
  const names = Object.keys(tokens.reveal())
  const marks = Object.fromEntries(names.map((name) => [name, `${mark} ${name}`]))
  const marked = withCredentials(connector, config, client, secret(marks)).reveal()
  const found = leaves(marked).flatMap(([pointer, value]) =>
    typeof value === 'string' && value.startsWith(`${mark} `) ? [[value.slice(mark.length + 1), pointer] as const] : [],
  )
  return Object.fromEntries(found)
}

function leaves(value: JsonValue, pointer = ''): [string, JsonValue][] {
  if (typeof value !== 'object' || value === null) return [[pointer, value]]
  return Object.entries(value).flatMap(([key, item]) => leaves(item ?? null, `${pointer}/${escapeToken(key)}`))
}
