import { type JsonObject, type JsonValue, type Secret, secret } from '@sluice/oauth'
import { isJsonObject } from './json-object.ts'
import { findOAuthCredentials, type OAuthCredentialsPlace } from './oauth-credentials.ts'

export interface OAuthCredentials {
  client_id: string
  client_secret: Secret
  /** The mapped token response, as `mapCredentials` of `@sluice/oauth` gives it. */
  tokens: Secret<JsonObject>
}

/**
 * Puts OAuth credentials into a connector's config, in Flow's order: the arm's discriminator and defaults, what was
 * there, client id and secret (where the arm has fields of these names), the mapped tokens. What was there for another
 * arm is dropped. The given config stays as it is.
 */
export function mergeCredentials(
  configSchema: JsonObject,
  provider: string,
  config: JsonObject,
  credentials: OAuthCredentials,
): Secret<JsonObject> {
  const place = findOAuthCredentials(configSchema, provider)
  const property = place?.property ?? 'credentials'
  const merged: JsonObject = {
    ...(place ? defaults(place) : {}),
    ...existing(place, config[property]),
    ...registration(place, credentials),
    ...credentials.tokens.reveal(),
  }
  return secret({ ...config, [property]: merged })
}

function defaults({ schema, discriminator }: OAuthCredentialsPlace): JsonObject {
  const filled: JsonObject = {}
  for (const [key, property] of Object.entries(isJsonObject(schema.properties) ? schema.properties : {})) {
    if (isJsonObject(property) && property.default !== undefined) filled[key] = property.default
  }
  return discriminator ? { ...filled, [discriminator.property]: discriminator.value } : filled
}

function existing(place: OAuthCredentialsPlace | null, value: JsonValue | undefined): JsonObject {
  if (value === undefined || !isJsonObject(value)) return {}
  const tag = place?.discriminator
  return tag && value[tag.property] !== undefined && value[tag.property] !== tag.value ? {} : value
}

function registration(place: OAuthCredentialsPlace | null, credentials: OAuthCredentials): JsonObject {
  const fields = place?.schema.properties
  const takes = (field: string) => !isJsonObject(fields) || Object.hasOwn(fields, field)
  return {
    ...(takes('client_id') ? { client_id: credentials.client_id } : {}),
    ...(takes('client_secret') ? { client_secret: credentials.client_secret.reveal() } : {}),
  }
}
