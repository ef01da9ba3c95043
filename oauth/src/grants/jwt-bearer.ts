import type { AuthorizationServer } from '../discovery/authorization-server.ts'
import type { Secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import { buildEndpointRequest, checkResources, type RequestTime, type StandardClient } from './endpoint-request.ts'

export interface JwtBearerGrant {
  /** `signAssertion`. */
  assertion: Secret
  /** Space-separated. Google takes it inside the assertion instead. */
  scope?: string
  /** RFC 8707. */
  resource?: string | string[]
}

/**
 * Builds the token request of the JWT bearer grant (RFC 7523 §2.1). `client` is null where the assertion alone is enough,
 * as for Google's service accounts and Salesforce.
 */
export function buildJwtBearerGrant(
  server: AuthorizationServer,
  client: StandardClient | null,
  { assertion, scope, resource }: JwtBearerGrant,
  time: RequestTime = {},
): Promise<TokenRequest> {
  const parameters = {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: assertion.reveal(),
    scope,
    resource: checkResources(resource),
  }
  return buildEndpointRequest(server, 'token_endpoint', client, parameters, time)
}
