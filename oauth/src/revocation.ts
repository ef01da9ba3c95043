// Token revocation (RFC 7009).

import type { AuthorizationServer } from './discovery/authorization-server.ts'
import { endpointError } from './endpoint-error.ts'
import { buildEndpointRequest, type RequestTime, type StandardClient } from './grants/endpoint-request.ts'
import { readReply } from './reply.ts'
import type { Secret } from './secret.ts'
import { readProviderError, saysFailure } from './token-error.ts'
import type { TokenRequest } from './token-request.ts'
import type { TokenEndpointResponse } from './token-response.ts'

export type TokenTypeHint = 'access_token' | 'refresh_token'

export interface TokenInQuestion {
  token: Secret
  token_type_hint?: TokenTypeHint
}

/** Builds a revocation request (§2.1). Revoke the refresh token: servers end its access tokens with it where they can. */
export function buildStandardRevocationRequest(
  server: AuthorizationServer,
  client: StandardClient,
  { token, token_type_hint }: TokenInQuestion,
  time: RequestTime = {},
): Promise<TokenRequest> {
  return buildEndpointRequest(server, 'revocation_endpoint', client, { token: token.reveal(), token_type_hint }, time)
}

/**
 * Reads a revocation response (§2.2): whatever its body, a success status means that the token is worth nothing now. So
 * does `invalid_token`, which some providers answer for a token that was dead already (Google).
 *
 * @throws OAuthError `request_failed` or `invalid_client`: the token may still be alive. `transient` is worth a retry.
 */
export function readRevocationResponse(response: TokenEndpointResponse): void {
  const { status } = response
  const reply = readReply(response)
  const isSuccess = status >= 200 && status < 300 && !(reply !== null && saysFailure(reply))
  if (isSuccess || readProviderError(status, reply).error === 'invalid_token') return
  throw endpointError(status, reply, 'the revocation')
}
