import { readChallenges } from '../discovery/www-authenticate.ts'
import type { Sender } from '../grants/sender.ts'
import type { GuardedFetch } from '../guarded-fetch.ts'
import { readReply } from '../reply.ts'
import type { TokenEndpointResponse } from '../token-response.ts'
import type { DpopKey } from './dpop-key.ts'
import { createDpopProof } from './dpop-proof.ts'

export interface DpopOptions {
  /** The last nonce of each origin; give a map of your own to keep them longer than the sender. */
  nonces?: Map<string, string>
  clock?: () => Date
}

/** RFC 9449 §8.1; longer ones would not fit their header. */
const NONCE = /^[\x21\x23-\x5b\x5d-\x7e]{1,1024}$/

/**
 * A sender that proves possession of `key` in each request (RFC 9449). It uses the nonce that the server gave last, and
 * where the server asks for another (`use_dpop_nonce`) it sends the request once more, built anew, and never a third time.
 */
export function createDpopSender(
  fetch: GuardedFetch,
  key: DpopKey,
  { nonces = new Map(), clock = () => new Date() }: DpopOptions = {},
): Sender {
  const send: Sender = async (build, { signal, access_token } = {}) => {
    const request = await build()
    const { method, url } = request
    const { origin } = new URL(url)
    const dpop = await createDpopProof(key, { method, url, access_token, nonce: nonces.get(origin), now: clock() })
    const authorization = access_token && { authorization: `DPoP ${access_token.reveal()}` }
    const response = await fetch({ ...request, headers: { ...request.headers, ...authorization, dpop } }, { signal })
    const nonce = response.headers.get('dpop-nonce')
    if (nonce !== null && NONCE.test(nonce)) nonces.set(origin, nonce)
    return response
  }
  return async (build, options) => {
    const response = await send(build, options)
    return asksForNonce(response) ? send(build, options) : response
  }
}

/** An authorization server says so in its reply (§8), a resource server in its challenge (§9). */
function asksForNonce(response: TokenEndpointResponse): boolean {
  const nonce = response.headers.get('dpop-nonce')
  if (response.status < 400 || response.status > 499 || nonce === null || !NONCE.test(nonce)) return false
  if (readReply(response)?.error === 'use_dpop_nonce') return true
  return readChallenges(response.headers).some(
    ({ scheme, parameters }) => scheme === 'dpop' && parameters.error === 'use_dpop_nonce',
  )
}
