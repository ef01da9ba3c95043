import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { importSigningKey } from '../client-authentication/signing-key.ts'
import { OAuthError } from '../errors.ts'
import { type Secret, secret } from '../secret.ts'

/** The key that a grant's tokens are bound to (RFC 9449). */
export interface DpopKey {
  /** The private JWK as JSON text, to be kept with the grant's tokens. */
  private_key: Secret
  /** RFC 7638 SHA-256 thumbprint of the public key: `jkt`. Keep it too, apart from the key. */
  thumbprint: string
  algorithm: string
  signing_key: KeyObject
  public_jwk: JWK
}

const GENERATORS: Record<string, () => KeyObject> = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  EdDSA: () => generateKeyPairSync('ed25519').privateKey,
  Ed25519: () => generateKeyPairSync('ed25519').privateKey,
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
}

/**
 * A fresh key, by the first algorithm of ours that the server takes (`dpop_signing_alg_values_supported`); ES256 when it
 * does not say. Make one for each grant.
 *
 * @throws OAuthError `not_offered` when no algorithm fits.
 */
export async function createDpopKey(supported?: string[] | null): Promise<DpopKey> {
  const algorithm = Object.keys(GENERATORS).find((name) => !supported || supported.includes(name))
  const generate = algorithm === undefined ? undefined : GENERATORS[algorithm]
  if (algorithm === undefined || generate === undefined) {
    throw new OAuthError('not_offered', 'The provider takes DPoP proofs by no algorithm that is known here.', {
      field: 'dpop_signing_alg_values_supported',
      verdict: 'integration_broken',
    })
  }
  return keyOf(secret(JSON.stringify({ ...generate().export({ format: 'jwk' }), alg: algorithm })))
}

/**
 * The kept key of a grant, checked against the thumbprint that its tokens are bound to.
 *
 * @throws OAuthError `dpop_key_lost` when it is missing, unreadable or another: its tokens are worth nothing without it,
 *   so the person must authorize again (S52).
 */
export async function loadDpopKey(private_key: Secret | null, thumbprint: string): Promise<DpopKey> {
  const key = private_key && (await keyOf(private_key).catch(() => null))
  if (key?.thumbprint === thumbprint) return key
  throw new OAuthError('dpop_key_lost', 'The key that this grant is bound to is lost. Authorize again.', {
    field: 'private_key',
    verdict: 'reauthorize',
  })
}

async function keyOf(private_key: Secret): Promise<DpopKey> {
  const { key, algorithm } = importSigningKey({ private_key })
  const public_jwk = createPublicKey(key).export({ format: 'jwk' }) as JWK // an asymmetric key by importSigningKey
  const thumbprint = await calculateJwkThumbprint(public_jwk)
  return { private_key, thumbprint, algorithm, signing_key: key, public_jwk }
}
