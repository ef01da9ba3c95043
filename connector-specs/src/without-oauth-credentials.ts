import type { JsonObject, JsonValue } from '@sluice/oauth'
import { isJsonObject } from './json-object.ts'
import { findOAuthCredentials } from './oauth-credentials.ts'

/**
 * The config schema as a person fills it before authorizing: without the property that will hold the OAuth
 * credentials, and without the rules that require it. The given schema stays as it is.
 */
export function withoutOAuthCredentials(configSchema: JsonObject, provider: string): JsonObject {
  const place = findOAuthCredentials(configSchema, provider)
  return place ? withoutProperty(configSchema, place.property) : configSchema
}

function withoutProperty(schema: JsonObject, property: string): JsonObject {
  const rest = { ...schema }
  if (isJsonObject(rest.properties)) {
    const { [property]: _taken, ...properties } = rest.properties
    rest.properties = properties
  }
  if (Array.isArray(rest.required)) {
    const required = rest.required.filter((name) => name !== property)
    if (required.length > 0) rest.required = required
    else delete rest.required
  }
  if (isJsonObject(rest.default)) {
    const { [property]: _taken, ...values } = rest.default
    rest.default = values
  }
  for (const keyword of ['then', 'else']) if (keyword in rest) rest[keyword] = within(rest[keyword] ?? null, property)
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    const list = rest[keyword]
    if (Array.isArray(list)) rest[keyword] = list.map((item) => within(item, property))
  }
  return rest
}

function within(schema: JsonValue, property: string): JsonValue {
  return isJsonObject(schema) ? withoutProperty(schema, property) : schema
}
