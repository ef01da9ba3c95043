import {
  type ConnectorOAuth,
  compileSchema,
  configWithCredentials,
  escapeToken,
  findOAuthCredentials,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  MASK,
  type Secret,
  secret,
  secretPointers,
  type TaskClient,
} from '@sluice/connector-specs'
import type { ObtainedGrant, TokenSet } from '@sluice/oauth'

/** What of a grant the config and the person are concerned with. */
export interface ObtainedTokens extends Pick<ObtainedGrant, 'credentials'> {
  tokens: Pick<TokenSet, 'access_token' | 'refresh_token' | 'expires_at' | 'scope'>
}

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
  /** The whole config with them in their places. */
  config: Secret<JsonObject>
  /** JSON pointers of what is secret in it. */
  secrets: string[]
}

/** Puts the tokens where the connector's config has its credentials, and hides what is secret. */
export function obtainedCredentials(
  schema: JsonObject,
  oauth: ConnectorOAuth,
  config: JsonObject,
  { client, obtained, show_secrets }: { client: TaskClient; obtained: ObtainedTokens; show_secrets: boolean },
): ObtainedCredentials {
  const place = findOAuthCredentials(schema, oauth.provider)
  const property = oauth.airbyte?.output[0]?.path[0] ?? place?.property ?? 'credentials'
  const merged = configWithCredentials(schema, oauth, config, {
    ...client,
    tokens: obtained.credentials,
    phase: 'authorization_code',
  }).reveal()
  const whole = asObject(merged[property])
  // A client that is not known here is none, rather than an empty one.
  if (client.client_id === '') for (const name of ['client_id', 'client_secret']) delete whole[name]
  const declared = Object.keys(asObject(place?.schema.properties))
  const secrets = secretKeys(schema, property, whole)
  const known = [client.client_secret, obtained.tokens.access_token, obtained.tokens.refresh_token]
  const hidden = Object.keys(whole).filter(
    (key) =>
      isSet(whole[key]) &&
      (secrets.has(key) ||
        !declared.includes(key) ||
        known.some(
          (token) => token !== null && token.reveal() !== '' && JSON.stringify(whole[key]).includes(token.reveal()),
        )),
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
    config: secret(merged),
    secrets: secretsOf(schema, merged, property, hidden),
  }
}

/** What the schema calls secret, and what is hidden as a whole where it calls nothing of it so. */
function secretsOf(schema: JsonObject, config: JsonObject, property: string, hidden: string[]): string[] {
  const known = secretPointers(schema, config)
  const more = hidden
    .map((key) => `/${escapeToken(property)}/${escapeToken(key)}`)
    .filter((pointer) => !known.some((other) => other === pointer || other.startsWith(`${pointer}/`)))
  return [...known, ...more]
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
