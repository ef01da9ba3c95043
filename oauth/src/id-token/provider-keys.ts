import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { AuthorizationServer } from '../discovery/authorization-server.ts'
import { getJson } from '../discovery/discover-server.ts'
import { malformedReply, readEndpointReply } from '../endpoint-error.ts'
import { OAuthError } from '../errors.ts'
import type { GuardedFetch } from '../guarded-fetch.ts'
import type { TokenEndpointResponse } from '../token-response.ts'

/** Finds the key that signed a token; `createProviderKeys`. */
export type ProviderKeys = JWTVerifyGetKey

/** Milliseconds before an unknown key id may lead to the provider again. */
const COOLDOWN = 60_000

/** Reads a JWK set (RFC 7517 §5). */
export function readJwksResponse(response: TokenEndpointResponse): ProviderKeys {
  const reply = readEndpointReply(response, 'the key request', [200])
  try {
    return createLocalJWKSet(reply as unknown as JSONWebKeySet) // checked there
  } catch {
    throw malformedReply('the key request', 'keys')
  }
}

/**
 * The signing keys of a server, fetched from its `jwks_uri` when first needed, and again when a token names a key that is
 * not among them (key rotation), at most once a minute.
 */
export function createProviderKeys(
  send: GuardedFetch,
  { jwks_uri }: Pick<AuthorizationServer, 'jwks_uri'>,
  clock: () => Date = () => new Date(),
): ProviderKeys {
  let keys: Promise<ProviderKeys> | null = null
  let fetched_at = 0

  const fetchKeys = async (): Promise<ProviderKeys> => {
    if (!jwks_uri) throw new OAuthError('not_offered', 'The provider publishes no keys.', { field: 'jwks_uri' })
    return readJwksResponse(await send(getJson(jwks_uri)))
  }
  const load = (): Promise<ProviderKeys> => {
    if (keys !== null) return keys
    fetched_at = clock().getTime()
    const loading = fetchKeys()
    keys = loading
    loading.catch(() => {
      keys = null
    })
    return loading
  }

  return async (header, token) => {
    try {
      return await (await load())(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || clock().getTime() - fetched_at < COOLDOWN) throw error
      keys = null
      return (await load())(header, token)
    }
  }
}
