import type { JsonObject } from '@sluice/oauth'
import { calculateJwkThumbprint, importJWK } from 'jose'
import { Problem } from '../http/problem.ts'

/** RFC 7518 §6 and RFC 8037: the members of public keys. Whatever else was sent is not kept. */
const members: Record<string, string[]> = {
  OKP: ['crv', 'x'],
  EC: ['crv', 'x', 'y'],
  RSA: ['n', 'e'],
}

/**
 * Reads the public key that verifies relayed responses.
 *
 * @throws Problem 422 `invalid_relay_key` when it is private, symmetric or no key at all
 */
export async function readRelayKey(sent: Record<string, unknown>): Promise<JsonObject> {
  if ('d' in sent || 'k' in sent) throw refused('It is a private or a shared key: that one stays with you.')
  const wanted = members[String(sent.kty)]
  if (wanted === undefined) throw refused('Its kty must be OKP (Ed25519), EC (P-256) or RSA.')
  const key = Object.fromEntries(['kty', ...wanted].map((name) => [name, String(sent[name])]))
  if (key.kty !== 'RSA' && key.crv !== 'Ed25519' && key.crv !== 'P-256')
    throw refused('Its crv must be Ed25519 or P-256.')
  if (key.kty === 'RSA' && (key.n ?? '').length < MINIMUM_RSA_MODULUS) throw refused('An RSA key needs 2048 bits.')
  try {
    await importJWK(key, relayAlgorithms(key)[0])
    return { ...key, kid: await calculateJwkThumbprint(key) }
  } catch (cause) {
    throw refused('Its members do not make a key.', cause)
  }
}

/** 2048 bits in base64url. */
const MINIMUM_RSA_MODULUS = 342

/** What each kind of key may sign with (RFC 7518 §3.1); decided by the key, not by what arrives. */
export function relayAlgorithms({ kty }: JsonObject): string[] {
  if (kty === 'OKP') return ['EdDSA', 'Ed25519']
  return kty === 'EC' ? ['ES256'] : ['RS256', 'PS256']
}

function refused(reason: string, cause?: unknown): Problem {
  return new Problem(422, 'invalid_relay_key', `The relay’s public key cannot be used. ${reason}`, {
    errors: [{ pointer: '/relay/public_key', rule: 'public_jwk', message: reason }],
    cause,
  })
}
