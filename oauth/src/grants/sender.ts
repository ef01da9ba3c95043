import type { GuardedFetch } from '../guarded-fetch.ts'
import type { Secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import type { TokenEndpointResponse } from '../token-response.ts'

export interface SendOptions {
  signal?: AbortSignal
  /** For a request to a protected resource. */
  access_token?: Secret
}

/**
 * Sends the request that it is given to build. Where it must send twice (a DPoP nonce), it has it built again, because
 * client assertions serve once.
 */
export type Sender = (
  build: () => TokenRequest | Promise<TokenRequest>,
  options?: SendOptions,
) => Promise<TokenEndpointResponse>

/** A sender that adds nothing but the bearer token (RFC 6750 §2.1) of a request to a protected resource. */
export function createSender(fetch: GuardedFetch): Sender {
  return async (build, { signal, access_token } = {}) => {
    const request = await build()
    const authorization = access_token && { authorization: `Bearer ${access_token.reveal()}` }
    return fetch({ ...request, headers: { ...request.headers, ...authorization } }, { signal })
  }
}
