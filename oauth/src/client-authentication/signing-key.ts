import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { OAuthError } from '../errors.ts'
import { isJsonObject } from '../json.ts'
import type { Secret } from '../secret.ts'

/** A private key that signs assertions for a client. */
export interface SigningKey {
  /** PEM (PKCS #8, PKCS #1 or SEC 1), or a JWK as JSON text. */
  private_key: Secret
  /** `kid`, as the provider knows the public key; default: the JWK's own. */
  key_id?: string | null
  /** JWS algorithm (RFC 7518 §3.1, RFC 8037); default: the JWK's own, else what the type of key implies. */
  algorithm?: string | null
  /** The certificate registered for the key, in PEM; sends `x5t#S256` (RFC 7515 §4.1.8), which Microsoft asks for. */
  certificate?: string | null
}

export interface ImportedSigningKey {
  key: KeyObject
  key_id: string | null
  algorithm: string
}

const EC_ALGORITHMS: Record<string, string> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }
const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']

/** @throws OAuthError `refused_value` when it is no private key, or not one for its algorithm; never showing the key. */
export function importSigningKey({ private_key, key_id, algorithm }: SigningKey): ImportedSigningKey {
  const text = private_key.reveal().trim()
  const jwk = text.startsWith('{') ? parseJwk(text) : null
  const key = importKey(jwk ?? text)

  const usable = algorithmsOf(key)
  const chosen = algorithm ?? textOf(jwk?.alg) ?? usable[0]
  if (chosen === undefined || !usable.includes(chosen)) {
    throw refused(`a key of type ${key.asymmetricKeyType} cannot sign by ${chosen ?? 'any known algorithm'}`)
  }
  return { key, key_id: key_id ?? textOf(jwk?.kid), algorithm: chosen }
}

function parseJwk(text: string): JsonWebKey {
  try {
    const jwk: unknown = JSON.parse(text)
    if (isJsonObject(jwk)) return jwk
  } catch {
    // The parser's message would show part of the key.
  }
  throw refused('it starts like a JWK but is not JSON')
}

function importKey(key: JsonWebKey | string): KeyObject {
  try {
    return typeof key === 'string' ? createPrivateKey(key) : createPrivateKey({ key, format: 'jwk' })
  } catch {
    throw refused('it is neither a private key in PEM nor a private JWK')
  }
}

/** The first is the default. RSA keys under 2048 bits sign nothing (RFC 7518 §3.3). */
function algorithmsOf(key: KeyObject): string[] {
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'rsa':
      if (modulusLength < 2048) throw refused('RSA keys need 2048 bits or more')
      return RSA_ALGORITHMS
    case 'ec':
      return [EC_ALGORITHMS[namedCurve] ?? []].flat()
    case 'ed25519':
      return ['EdDSA', 'Ed25519']
    default:
      return []
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function refused(reason: string): OAuthError {
  const message = `The private key cannot be used: ${reason}. Give the integration another one.`
  return new OAuthError('refused_value', message, { field: 'private_key', verdict: 'integration_broken' })
}
