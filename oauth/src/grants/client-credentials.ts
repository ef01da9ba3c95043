import type { AuthorizationServer } from '../discovery/authorization-server.ts'
import type { TokenRequest } from '../token-request.ts'
import { buildEndpointRequest, checkResources, type RequestTime, type StandardClient } from './endpoint-request.ts'

export interface ClientCredentialsGrant {
  /** Space-separated. */
  scope?: string
  /** RFC 8707. */
  resource?: string | string[]
  /** Auth0's and others' older name for it. */
  audience?: string
}

/** Builds the token request of the client credentials grant (RFC 6749 §4.4.2). */
export function buildClientCredentialsGrant(
  server: AuthorizationServer,
  client: StandardClient,
  { scope, resource, audience }: ClientCredentialsGrant = {},
  time: RequestTime = {},
): Promise<TokenRequest> {
  const parameters = { grant_type: 'client_credentials', scope, audience, resource: checkResources(resource) }
  return buildEndpointRequest(server, 'token_endpoint', client, parameters, time)
}
