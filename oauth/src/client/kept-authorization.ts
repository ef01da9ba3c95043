import { z } from 'zod'
import type { DpopKey } from '../dpop/dpop-key.ts'
import { OAuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { type Secret, secret } from '../secret.ts'

/** A private key with the thumbprint that its tokens are bound to; kept apart, so that a lost key is noticed (S52). */
export interface KeptDpopKey {
  private_key: Secret
  thumbprint: string
}

const kept = z.object({
  redirect_uri: z.string(),
  state: z.string(),
  /** As asked for; null when the request named none. */
  scopes: z.array(z.string()).nullable(),
  code_verifier: z.string().nullable(),
  /** Whether the token request's own templates send the verifier. */
  verifier_in_template: z.boolean(),
  nonce: z.string().nullable(),
  issuer: z.string().nullable(),
  /** RFC 9207 §3: the metadata said that the response will name its issuer. */
  iss_promised: z.boolean(),
  dpop: z.object({ private_key: z.string(), thumbprint: z.string() }).nullable(),
  /** OAuth 1.0a: the credentials that the sign-in began with. */
  temporary: z.object({ token: z.string(), token_secret: z.string() }).nullable(),
})

/** What must be kept between authorization request and response; part of it is secret. */
export type KeptAuthorization = z.infer<typeof kept>

export const NOTHING_KEPT: Omit<KeptAuthorization, 'redirect_uri' | 'state'> = {
  scopes: null,
  code_verifier: null,
  verifier_in_template: false,
  nonce: null,
  issuer: null,
  iss_promised: false,
  dpop: null,
  temporary: null,
}

/** As JSON, for the caller to encrypt. */
export function keep(authorization: KeptAuthorization): Secret<JsonObject> {
  return secret<JsonObject>({ ...authorization })
}

/** @throws OAuthError `state_mismatch` when it is not what `keep` gave. */
export function readKept(stored: Secret<JsonObject>): KeptAuthorization {
  const parsed = kept.safeParse(stored.reveal())
  if (parsed.success) return parsed.data
  throw new OAuthError('state_mismatch', 'This sign-in was started by another version or is damaged. Start it again.', {
    field: 'state',
  })
}

export function keptKey(key: DpopKey | null): KeptDpopKey | null {
  return key && { private_key: key.private_key, thumbprint: key.thumbprint }
}
