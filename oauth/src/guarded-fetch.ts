import type { LookupFunction } from 'node:net'
import { OAuthError } from './errors.ts'
import type { TokenRequest } from './token-request.ts'
import type { TokenEndpointResponse } from './token-response.ts'

export interface GuardedFetchOptions {
  /** Development switch: http and https, on any port, to localhost and loopback addresses. */
  allow_loopback: boolean
  /** Wall clock for the whole exchange, body included. Default 15 seconds. */
  timeout_ms?: number
  /** Cap on the body, before and after decompression. Default 1 MiB. */
  max_bytes?: number
  /** Ports besides 443. */
  allowed_ports?: number[]
  /** Name resolution; `dns.lookup` unless given. Its answers are checked either way. */
  lookup?: LookupFunction
}

export type GuardedFetch = (request: TokenRequest, options?: { signal?: AbortSignal }) => Promise<TokenEndpointResponse>
export function createGuardedFetch(_options: GuardedFetchOptions): GuardedFetch {
  throw new OAuthError('invalid_spec', 'createGuardedFetch is being built.')
}
