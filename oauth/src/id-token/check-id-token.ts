import { createHash } from 'node:crypto'
import { errors, type JWTPayload, type JWTVerifyResult, jwtVerify } from 'jose'
import type { AuthorizationServer } from '../discovery/authorization-server.ts'
import type { TokenSet } from '../token-response.ts'
import type { ProviderKeys } from './provider-keys.ts'

export interface ExpectedIdToken {
  server: Pick<AuthorizationServer, 'issuer' | 'id_token_signing_alg_values_supported'>
  client_id: string
  /** As sent in the authorization request; null when none was sent. */
  nonce: string | null
  keys: ProviderKeys
  now: Date
}

/** Why an ID token says nothing about anybody. */
export type DiscardReason =
  | 'malformed'
  | 'algorithm'
  | 'unknown_key'
  | 'keys_unavailable'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'nonce'
  | 'access_token'

export type IdTokenCheck =
  | { status: 'absent' }
  | { status: 'discarded'; reason: DiscardReason }
  /** `sub` is the person at `iss`. */
  | { status: 'valid'; claims: JWTPayload & { iss: string; sub: string } }

/** Signatures by a key pair. HMAC is left out: the client secret would be a key that the provider's other clients lack. */
const ALGORITHMS: Record<string, string> = {
  RS256: 'sha256',
  RS384: 'sha384',
  RS512: 'sha512',
  PS256: 'sha256',
  PS384: 'sha384',
  PS512: 'sha512',
  ES256: 'sha256',
  ES384: 'sha384',
  ES512: 'sha512',
  EdDSA: 'sha512',
  Ed25519: 'sha512',
}
const CLOCK_TOLERANCE = 60
const MAX_LENGTH = 65_536

/**
 * Checks the ID token of a token response (OpenID Connect Core §3.1.3.7): signature by the server's own keys, `iss`, `aud`,
 * `azp`, `exp`, `nonce`, and `at_hash` when it is there. One that fails is discarded, with the reason; the tokens beside it
 * are not judged by it.
 */
export async function checkIdToken(
  tokens: Pick<TokenSet, 'response' | 'access_token'>,
  expected: ExpectedIdToken,
): Promise<IdTokenCheck> {
  const { id_token } = tokens.response.reveal()
  if (id_token === undefined || id_token === null || id_token === '') return { status: 'absent' }
  if (typeof id_token !== 'string' || id_token.length > MAX_LENGTH) return discarded('malformed')
  const { server, client_id, nonce, keys, now } = expected
  try {
    const verified = await jwtVerify(id_token, keys, {
      issuer: server.issuer,
      audience: client_id,
      algorithms: algorithmsOf(server),
      currentDate: now,
      clockTolerance: CLOCK_TOLERANCE,
      requiredClaims: ['sub', 'exp', 'iat'],
    })
    const { iss, sub, azp, aud } = verified.payload
    if (iss === undefined || typeof sub !== 'string' || sub === '') return discarded('malformed')
    const isForSeveral = Array.isArray(aud) && aud.length > 1
    if ((isForSeveral || azp !== undefined) && azp !== client_id) return discarded('audience')
    if ((verified.payload.nonce ?? null) !== nonce) return discarded('nonce')
    if (!namesAccessToken(verified, tokens.access_token.reveal())) return discarded('access_token')
    return { status: 'valid', claims: { ...verified.payload, iss, sub } }
  } catch (error) {
    return discarded(reasonOf(error))
  }
}

/** Providers that do not say sign by RS256 (OpenID Connect Core §2). */
function algorithmsOf({ id_token_signing_alg_values_supported }: ExpectedIdToken['server']): string[] {
  return (id_token_signing_alg_values_supported ?? ['RS256']).filter((name) => Object.hasOwn(ALGORITHMS, name))
}

/** OpenID Connect Core §3.1.3.6: the left half of the access token's hash. */
function namesAccessToken({ payload, protectedHeader }: JWTVerifyResult, access_token: string): boolean {
  if (payload.at_hash === undefined) return true
  const digest = createHash(ALGORITHMS[protectedHeader.alg] ?? 'sha256')
    .update(access_token)
    .digest()
  return payload.at_hash === digest.subarray(0, digest.length / 2).toString('base64url')
}

function reasonOf(error: unknown): DiscardReason {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.reason === 'missing') return 'malformed'
    if (error.claim === 'iss') return 'issuer'
    if (error.claim === 'aud') return 'audience'
    return error.claim === 'nbf' ? 'expired' : 'malformed'
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return 'algorithm'
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return 'unknown_key'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature'
  return error instanceof errors.JOSEError ? 'malformed' : 'keys_unavailable'
}

function discarded(reason: DiscardReason): IdTokenCheck {
  return { status: 'discarded', reason }
}
