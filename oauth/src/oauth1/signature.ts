import { createHmac } from 'node:crypto'
import type { Secret } from '../secret.ts'
import { percentEncode } from './percent-encode.ts'

/** RFC 5849 §3.4; HMAC-SHA256 is the later extension that providers such as NetSuite and WordPress take. */
export const SIGNATURE_METHODS = ['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'] as const
export type SignatureMethod = (typeof SIGNATURE_METHODS)[number]

/**
 * Signs a base string with the client's shared secret and the token's, which is empty while there is no token
 * (RFC 5849 §3.4.2, §3.4.4). PLAINTEXT sends the secrets themselves and ignores the base string.
 */
export function signature(
  method: SignatureMethod,
  base_string: string,
  client_secret: Secret,
  token_secret: Secret | null,
): string {
  const key = [client_secret.reveal(), token_secret?.reveal() ?? '']
    .map((part) => percentEncode(part, 'the shared secret'))
    .join('&')
  if (method === 'PLAINTEXT') return key
  return createHmac(method === 'HMAC-SHA1' ? 'sha1' : 'sha256', key)
    .update(base_string)
    .digest('base64')
}
