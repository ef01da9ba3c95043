import {
  authenticateClient,
  type ClientAuthenticationMethod,
  type OAuthClient,
} from '../client-authentication/authenticate-client.ts'
import type { AuthorizationServer, EndpointName } from '../discovery/authorization-server.ts'
import { OAuthError } from '../errors.ts'
import type { TokenRequest } from '../token-request.ts'

/** A client with the method by which it is registered (RFC 7591 §2). */
export interface StandardClient extends OAuthClient {
  token_endpoint_auth_method: ClientAuthenticationMethod
  /** `aud` of its assertions where the provider does not take its issuer identifier. */
  assertion_audience?: string
}

export interface RequestTime {
  /** The current time unless given. */
  now?: Date
}

/** Values of a form; a list repeats its name (RFC 8707 §2, RFC 8693 §2.1), null and undefined leave it out. */
export type FormParameters = Record<string, string | string[] | null | undefined>

/**
 * Builds a form request to an endpoint of the authorization server, with the client authenticated by its method and no
 * other. Without client the request is anonymous (RFC 7523 §3.1 allows it).
 *
 * @throws OAuthError `not_offered` when the server has no such endpoint; `refused_value` when the client lacks what its
 *   method needs.
 */
export async function buildEndpointRequest(
  server: AuthorizationServer,
  endpoint: EndpointName,
  client: StandardClient | null,
  parameters: FormParameters,
  { now = new Date() }: RequestTime = {},
): Promise<TokenRequest> {
  const method = client?.token_endpoint_auth_method ?? 'none'
  const url = endpointUrl(server, endpoint, method)
  const audience = client?.assertion_audience ?? server.issuer
  const proof = client && (await authenticateClient(method, client, { audience, now }))
  return {
    method: 'POST',
    url,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...proof?.headers,
    },
    body: encodeForm({ ...parameters, ...proof?.parameters }),
    client_certificate: proof?.client_certificate ?? null,
  }
}

export function endpointUrl(
  server: AuthorizationServer,
  endpoint: EndpointName,
  method: ClientAuthenticationMethod,
): string {
  const byCertificate = method === 'tls_client_auth' || method === 'self_signed_tls_client_auth'
  const url = (byCertificate ? server.mtls_endpoint_aliases?.[endpoint] : null) ?? server[endpoint]
  if (url) return url
  throw new OAuthError('not_offered', `The provider offers no ${endpoint}.`, {
    field: endpoint,
    verdict: 'integration_broken',
  })
}

export function encodeForm(parameters: FormParameters): string {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    for (const text of [value ?? []].flat()) form.append(name, text)
  }
  return form.toString()
}

/**
 * Resource indicators as they may be sent (RFC 8707 §2): absolute URIs without fragment.
 *
 * @throws OAuthError `refused_value`.
 */
export function checkResources(resource: string | string[] | undefined): string[] {
  const resources = [resource ?? []].flat()
  for (const uri of resources) {
    if (!URL.canParse(uri) || uri.includes('#')) {
      const message = 'A resource is named by an absolute URI without fragment (RFC 8707 §2).'
      throw new OAuthError('refused_value', message, { field: 'resource' })
    }
  }
  return resources
}
