// Token exchange (RFC 8693): one token for another.

import type { AuthorizationServer } from '../discovery/authorization-server.ts'
import { malformedReply } from '../endpoint-error.ts'
import type { Secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import type { TokenEndpointResponse, TokenSet } from '../token-response.ts'
import { buildEndpointRequest, checkResources, type RequestTime, type StandardClient } from './endpoint-request.ts'
import { readGrantResponse } from './read-grant-response.ts'

/** RFC 8693 §3. Providers add their own URIs. */
export const TOKEN_TYPES = {
  access_token: 'urn:ietf:params:oauth:token-type:access_token',
  refresh_token: 'urn:ietf:params:oauth:token-type:refresh_token',
  id_token: 'urn:ietf:params:oauth:token-type:id_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
  saml1: 'urn:ietf:params:oauth:token-type:saml1',
  saml2: 'urn:ietf:params:oauth:token-type:saml2',
} as const

export interface TypedToken {
  token: Secret
  /** A URI, such as one of `TOKEN_TYPES`. */
  token_type: string
}

export interface TokenExchangeGrant {
  /** On whose behalf. */
  subject: TypedToken
  /** Who acts for them; left out when the subject does. */
  actor?: TypedToken
  requested_token_type?: string
  /** Logical names of the services that the token is for. */
  audience?: string | string[]
  /** Their addresses (RFC 8707). */
  resource?: string | string[]
  scope?: string
}

/** Builds a token exchange request (RFC 8693 §2.1). */
export function buildTokenExchangeGrant(
  server: AuthorizationServer,
  client: StandardClient | null,
  { subject, actor, requested_token_type, audience, resource, scope }: TokenExchangeGrant,
  time: RequestTime = {},
): Promise<TokenRequest> {
  const parameters = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: subject.token.reveal(),
    subject_token_type: subject.token_type,
    actor_token: actor?.token.reveal(),
    actor_token_type: actor?.token_type,
    requested_token_type,
    audience,
    resource: checkResources(resource),
    scope,
  }
  return buildEndpointRequest(server, 'token_endpoint', client, parameters, time)
}

export interface ExchangedToken extends TokenSet {
  /** What `access_token` is; it need not be an access token (§2.2.1). */
  issued_token_type: string
}

/**
 * Reads a token exchange response (RFC 8693 §2.2). `token_type` is `N_A` when the token is no access token.
 *
 * @throws OAuthError as `readTokenResponse`; `malformed_response` also when the type of the issued token is not stated, or
 *   is not the one that was asked for.
 */
export function readTokenExchangeResponse(
  response: TokenEndpointResponse,
  { now, requested_token_type }: { now: Date; requested_token_type?: string },
): ExchangedToken {
  const tokens = readGrantResponse(response, { now, phase: 'token_exchange' })
  const { issued_token_type } = tokens.response.reveal()
  const isExpected = requested_token_type === undefined || issued_token_type === requested_token_type
  if (typeof issued_token_type !== 'string' || issued_token_type === '' || !isExpected) {
    throw malformedReply('the token exchange', 'issued_token_type')
  }
  return { ...tokens, issued_token_type }
}
