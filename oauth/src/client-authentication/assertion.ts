// Assertions: the signed JWTs by which a client proves itself (RFC 7523 §2.2) or asks for a token (§2.1).

import { createHash, randomUUID, X509Certificate } from 'node:crypto'
import { type JWTHeaderParameters, SignJWT } from 'jose'
import { OAuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { type Secret, secret } from '../secret.ts'
import { importSigningKey, type SigningKey } from './signing-key.ts'

export interface AssertionClaims {
  iss: string
  sub: string
  /** The authorization server: its issuer identifier or its token endpoint, whichever it asks for. */
  aud: string | string[]
  /** Further claims, such as Google's `scope`. They never override the ones that are set here. */
  claims?: JsonObject
  /** Seconds; default 120. Providers refuse more than an hour, some more than five minutes. */
  lifetime?: number
  now: Date
}

/** Signs an assertion (RFC 7523 §3) by a private key: `iat` now, `exp` after its lifetime, a fresh `jti`. */
export async function signAssertion(claims: AssertionClaims, signing_key: SigningKey): Promise<Secret> {
  return signClaims(assertion(claims), signing_key)
}

/** Signs claims that are already whole. */
export async function signClaims(claims: JsonObject, signing_key: SigningKey): Promise<Secret> {
  const { key, key_id, algorithm } = importSigningKey(signing_key)
  const header: JWTHeaderParameters = { alg: algorithm, typ: 'JWT', ...(key_id !== null && { kid: key_id }) }
  if (signing_key.certificate) header['x5t#S256'] = thumbprintOf(signing_key.certificate)
  return secret(await new SignJWT(claims).setProtectedHeader(header).sign(key))
}

/** Signs an assertion by the client secret, HMAC-SHA256 (OpenID Connect Core §9 `client_secret_jwt`). */
export async function signAssertionBySecret(claims: AssertionClaims, client_secret: Secret): Promise<Secret> {
  const key = Buffer.from(client_secret.reveal())
  // RFC 7518 §3.2: a key as long as the hash output or longer.
  if (key.length < 32) {
    throw new OAuthError('refused_value', 'client_secret_jwt needs a client secret of at least 32 bytes.', {
      field: 'client_secret',
      verdict: 'integration_broken',
    })
  }
  return secret(await new SignJWT(assertion(claims)).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(key))
}

function assertion({ iss, sub, aud, claims = {}, lifetime = 120, now }: AssertionClaims): JsonObject {
  const iat = Math.floor(now.getTime() / 1000)
  return { ...claims, iss, sub, aud, iat, exp: iat + lifetime, jti: randomUUID() }
}

function thumbprintOf(certificate: string): string {
  try {
    return createHash('sha256').update(new X509Certificate(certificate).raw).digest('base64url')
  } catch {
    throw new OAuthError('refused_value', 'The certificate of the signing key is not a certificate in PEM.', {
      field: 'certificate',
      verdict: 'integration_broken',
    })
  }
}
