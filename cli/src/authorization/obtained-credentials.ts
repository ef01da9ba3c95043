import {
  compileSchema,
  findOAuthCredentials,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  MASK,
  mergeCredentials,
  secretPointers,
} from '@sluice/connector-specs'
import type { ObtainedTokens } from './exchange-code.ts'
import type { OAuthClient } from './find-client.ts'

export interface ObtainedCredentials {
  /** The config's property that holds them, nearly always `credentials`. */
  property: string
  /** As the connector gets them; redacted unless secrets were asked for. */
  credentials: JsonObject
  /** Length of each redacted text in characters; null for values of another kind. */
  redacted: Record<string, number | null>
  /** Fields of the schema that have no value. */
  unset: string[]
  /** What of the schema they do not satisfy. */
  complaints: string[]
}

/** Puts the tokens where the connector's config has its credentials, and hides what is secret. */
export function obtainedCredentials(
  schema: JsonObject,
  provider: string,
  config: JsonObject,
  { client, obtained, show_secrets }: { client: OAuthClient; obtained: ObtainedTokens; show_secrets: boolean },
): ObtainedCredentials {
  const place = findOAuthCredentials(schema, provider)
  const property = place?.property ?? 'credentials'
  const merged = mergeCredentials(schema, provider, config, { ...client, tokens: obtained.mapped }).reveal()
  const whole = asObject(merged[property])
  const declared = Object.keys(asObject(place?.schema.properties))
  const secrets = secretKeys(schema, property, whole)
  const known = [client.client_secret, obtained.tokens.access_token, obtained.tokens.refresh_token]
  const hidden = Object.keys(whole).filter(
    (key) =>
      isSet(whole[key]) &&
      (secrets.has(key) ||
        !declared.includes(key) ||
        known.some((token) => token !== null && JSON.stringify(whole[key]).includes(token.reveal()))),
  )
  const redacted = show_secrets ? [] : hidden
  return {
    property,
    credentials: { ...whole, ...Object.fromEntries(redacted.map((key) => [key, MASK])) },
    redacted: Object.fromEntries(redacted.map((key) => [key, lengthOf(whole[key])])),
    unset: declared.filter((key) => !isSet(whole[key])),
    complaints: compileSchema(schema)
      .validate(merged)
      .map(({ pointer, message }) => `${pointer} ${message}`),
  }
}

/** Top-level fields of the credentials that the schema calls secret, or below which it has a secret. */
function secretKeys(schema: JsonObject, property: string, credentials: JsonObject): Set<string> {
  const pointers = secretPointers(schema, { [property]: credentials })
  return new Set(Object.keys(credentials).filter((key) => pointers.some((pointer) => covers(pointer, property, key))))
}

function covers(pointer: string, property: string, key: string): boolean {
  const [, first, second] = pointer.split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
  return first === property && (second === undefined || second === key)
}

function asObject(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

function isSet(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && value !== ''
}

function lengthOf(value: JsonValue | undefined): number | null {
  return typeof value === 'string' ? value.length : null
}
