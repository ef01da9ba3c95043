import type { KeyObject } from 'node:crypto'
import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose'
import { TokenRefusal } from './strict-form.ts'

/** Public keys of those who may sign assertions, by `iss` and `kid`. */
export type AssertionKeys = ReadonlyMap<string, { kid: string; key: KeyObject }>

const MAX_LIFETIME = 3600

/**
 * Verifies the assertion of a JWT bearer grant (RFC 7523 §3): signature, `iss`, `sub`, `aud` (the token endpoint alone, as
 * a string), `exp` within the hour, and a `jti` that was not seen before.
 *
 * @throws TokenRefusal `invalid_request`, `invalid_grant`.
 */
export async function verifyAssertion(
  form: URLSearchParams,
  keys: AssertionKeys,
  audience: string,
  seen: Set<string>,
): Promise<JWTPayload> {
  const assertion = form.get('assertion')
  if (assertion === null) throw new TokenRefusal('invalid_request', 'assertion is missing.')
  const { payload } = await jwtVerify(
    assertion,
    (header) => {
      const known = keys.get(decodeJwt(assertion).iss ?? '')
      if (known === undefined || known.kid !== header.kid) throw new errors.JWKSNoMatchingKey()
      return known.key
    },
    { audience, requiredClaims: ['iss', 'sub', 'exp', 'iat', 'jti'] },
  ).catch((error: Error) => {
    throw new TokenRefusal('invalid_grant', error.message)
  })
  const { aud, exp = 0, iat = 0, jti = '' } = payload
  if (typeof aud !== 'string') throw new TokenRefusal('invalid_grant', 'aud must name this server alone.')
  if (exp - iat > MAX_LIFETIME) throw new TokenRefusal('invalid_grant', 'The assertion lives for too long.')
  if (seen.has(jti)) throw new TokenRefusal('invalid_grant', 'The assertion was used before.')
  seen.add(jti)
  return payload
}
