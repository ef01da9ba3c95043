import { createHash, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Secret } from '../secret.ts'
import type { DpopKey } from './dpop-key.ts'

export interface DpopProofInput {
  method: string
  url: string
  /** For a request to a protected resource: its hash goes into `ath`. */
  access_token?: Secret
  /** The server's last one, if it gave any (RFC 9449 §8). */
  nonce?: string
  now: Date
}

/** Makes a DPoP proof (RFC 9449 §4.2) for one request. */
export function createDpopProof(
  key: DpopKey,
  { method, url, access_token, nonce, now }: DpopProofInput,
): Promise<string> {
  const { origin, pathname } = new URL(url)
  const ath = access_token && createHash('sha256').update(access_token.reveal()).digest('base64url')
  return new SignJWT({
    jti: randomUUID(),
    htm: method,
    htu: `${origin}${pathname}`,
    iat: Math.floor(now.getTime() / 1000),
    ...(ath !== undefined && { ath }),
    ...(nonce !== undefined && { nonce }),
  })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: key.algorithm, jwk: key.public_jwk })
    .sign(key.signing_key)
}
