// Where a connector's config keeps its OAuth credentials. Estuary's CDK marks the object, or the arm of its `oneOf`,
// with `x-oauth2-provider`; connectors that lack the mark (airtable, linkedin-pages) keep them in `credentials`.
import type { JsonObject, JsonValue } from '@sluice/oauth'
import { arms, constantOf, discriminatorOf, followRef } from './discriminator.ts'
import { isJsonObject } from './json-object.ts'

const DEFAULT_PROPERTY = 'credentials'

export interface OAuthCredentialsPlace {
  /** The config's top-level property, nearly always `credentials`. */
  property: string
  /** The object schema that OAuth credentials must fit. */
  schema: JsonObject
  /** Which arm of the `oneOf` that is, as the config must say it; null when there is no choice. */
  discriminator: { property: string; value: JsonValue } | null
}

/** Schemas are not changed once they were read. */
const found = new WeakMap<JsonObject, Map<string, OAuthCredentialsPlace | null>>()

/** Finds the place for `provider`'s credentials, or null when the schema has none. */
export function findOAuthCredentials(configSchema: JsonObject, provider: string): OAuthCredentialsPlace | null {
  const known = found.get(configSchema) ?? new Map<string, OAuthCredentialsPlace | null>()
  found.set(configSchema, known)
  const kept = known.get(provider)
  if (kept !== undefined) return kept
  const place = searchOAuthCredentials(configSchema, provider)
  known.set(provider, place)
  return place
}

function searchOAuthCredentials(configSchema: JsonObject, provider: string): OAuthCredentialsPlace | null {
  const properties = isJsonObject(configSchema.properties) ? configSchema.properties : {}
  const candidates = Object.entries(properties)
    .sort(([a], [b]) => Number(b === DEFAULT_PROPERTY) - Number(a === DEFAULT_PROPERTY))
    .flatMap(([property, schema]) => alternatives(configSchema, property, followRef(configSchema, schema ?? null)))
  const marked = candidates.find(({ schema }) => schema['x-oauth2-provider'] === provider)
  return (
    marked ?? candidates.find(({ property, schema }) => property === DEFAULT_PROPERTY && takesTokens(schema)) ?? null
  )
}

function alternatives(root: JsonObject, property: string, schema: JsonObject): OAuthCredentialsPlace[] {
  const choices = arms(root, schema.oneOf ?? schema.anyOf)
  const tag = discriminatorOf(choices, schema)
  const chosen = choices.map((arm): OAuthCredentialsPlace => {
    const value = tag === null ? undefined : (constantOf(arm, tag) ?? defaultOf(arm, tag))
    return {
      property,
      schema: arm,
      discriminator: tag !== null && value !== undefined ? { property: tag, value } : null,
    }
  })
  return [...chosen, { property, schema, discriminator: null }]
}

function defaultOf(arm: JsonObject, property: string): JsonValue | undefined {
  const schema = isJsonObject(arm.properties) ? arm.properties[property] : undefined
  return isJsonObject(schema) ? schema.default : undefined
}

function takesTokens(schema: JsonObject): boolean {
  if (!isJsonObject(schema.properties)) return false
  return (
    'refresh_token' in schema.properties || ('access_token' in schema.properties && 'client_id' in schema.properties)
  )
}
