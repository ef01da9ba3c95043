// The authorization code grant of a server that is known by its metadata, without a spec's templates.

import type { AuthorizationServer } from '../discovery/authorization-server.ts'
import { OAuthError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import {
  buildEndpointRequest,
  checkResources,
  encodeForm,
  endpointUrl,
  type FormParameters,
  type RequestTime,
  type StandardClient,
} from './endpoint-request.ts'

export interface StandardAuthorizationRequest {
  redirect_uri: string
  state: string
  /** S256 of the code verifier; `createPkce`. */
  code_challenge: string
  /** Space-separated. */
  scope?: string
  /** OpenID Connect Core §3.1.2.1; required by `checkIdToken` afterwards. */
  nonce?: string
  /** RFC 8707. */
  resource?: string | string[]
  /** Binds the code to a DPoP key (RFC 9449 §10): its thumbprint. */
  dpop_jkt?: string
  /** Further parameters, such as `prompt`; they never override the ones above. */
  parameters?: Record<string, string>
}

/** Builds the authorization request (RFC 6749 §4.1.1) with PKCE by S256. */
export function buildStandardAuthorizationRequest(
  server: AuthorizationServer,
  { client_id }: Pick<StandardClient, 'client_id'>,
  input: StandardAuthorizationRequest,
): { url: string } {
  const { redirect_uri, state, code_challenge, scope, nonce, resource, dpop_jkt, parameters } = input
  for (const [field, value] of Object.entries({ redirect_uri, state, code_challenge })) {
    if (value === '') throw new OAuthError('refused_value', `The authorization request needs ${field}.`, { field })
  }
  const query: FormParameters = {
    ...parameters,
    response_type: 'code',
    client_id,
    redirect_uri,
    scope,
    state,
    nonce,
    code_challenge,
    code_challenge_method: 'S256',
    resource: checkResources(resource),
    dpop_jkt,
  }
  return { url: withQuery(endpointUrl(server, 'authorization_endpoint', 'none'), query) }
}

/** The endpoint's own query is kept (RFC 6749 §3.1). */
export function withQuery(endpoint: string, query: FormParameters): string {
  const separator = endpoint.includes('?') ? '&' : '?'
  return `${endpoint}${separator}${encodeForm(query)}`
}

export interface AuthorizationCodeGrant {
  code: Secret
  redirect_uri: string
  code_verifier: Secret
  /** RFC 8707 §2.2: for which of the resources that the authorization request named. */
  resource?: string | string[]
}

/** Builds the token request of the authorization code grant (RFC 6749 §4.1.3, RFC 7636 §4.5). */
export function buildAuthorizationCodeGrant(
  server: AuthorizationServer,
  client: StandardClient,
  { code, redirect_uri, code_verifier, resource }: AuthorizationCodeGrant,
  time: RequestTime = {},
): Promise<TokenRequest> {
  const parameters = {
    grant_type: 'authorization_code',
    code: code.reveal(),
    redirect_uri,
    code_verifier: code_verifier.reveal(),
    resource: checkResources(resource),
  }
  return buildEndpointRequest(server, 'token_endpoint', client, parameters, time)
}

export interface RefreshTokenGrant {
  refresh_token: Secret
  /** Space-separated; fewer scopes than granted. */
  scope?: string
  resource?: string | string[]
}

/** Builds a refresh request (RFC 6749 §6). */
export function buildRefreshTokenGrant(
  server: AuthorizationServer,
  client: StandardClient,
  { refresh_token, scope, resource }: RefreshTokenGrant,
  time: RequestTime = {},
): Promise<TokenRequest> {
  const parameters = {
    grant_type: 'refresh_token',
    refresh_token: refresh_token.reveal(),
    scope,
    resource: checkResources(resource),
  }
  return buildEndpointRequest(server, 'token_endpoint', client, parameters, time)
}
