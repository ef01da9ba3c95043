// From a protected resource to its authorization server (RFC 9728).

import { z } from 'zod'
import { malformedReply, readEndpointReply } from '../endpoint-error.ts'
import { OAuthError } from '../errors.ts'
import type { GuardedFetch } from '../guarded-fetch.ts'
import type { TokenRequest } from '../token-request.ts'
import type { TokenEndpointResponse } from '../token-response.ts'
import { checkUrl } from '../url-policy.ts'
import type { AuthorizationServer } from './authorization-server.ts'
import { type DiscoveryPolicy, discoverServer, getJson } from './discover-server.ts'
import { readChallenges } from './www-authenticate.ts'

const protectedResource = z.object({
  /** The resource's own identifier; `resource` of token requests (RFC 8707). */
  resource: z.string().min(1),
  /** Issuer identifiers. */
  authorization_servers: z.array(z.string()).min(1),
  scopes_supported: z.array(z.string()).nullish().catch(null),
})

/** Protected resource metadata (§2), as far as it is used here. */
export type ProtectedResource = z.infer<typeof protectedResource>

const REQUEST = 'the resource metadata request'

/**
 * The request for a resource's metadata: where the challenge of its 401 says (§5.1), else at the well-known place (§3.1).
 *
 * @throws OAuthError `refused_url`.
 */
export function buildResourceMetadataRequest(
  resource_url: string,
  challenged: Pick<TokenEndpointResponse, 'headers'> | null,
  policy: DiscoveryPolicy,
): TokenRequest {
  const stated = challenged && readChallenges(challenged.headers).find(({ parameters }) => parameters.resource_metadata)
  const address = stated?.parameters.resource_metadata ?? wellKnown(resource_url)
  const url = URL.parse(address)
  if (url === null) throw new OAuthError('refused_url', 'The address of the resource metadata is not a URL.')
  checkUrl(url, policy)
  return getJson(url.href)
}

function wellKnown(resource_url: string): string {
  const { origin, pathname, search } = parseResource(resource_url)
  return `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}${search}`
}

/**
 * Reads the metadata of the resource at `resource_url`. It must be about that resource: the same address, or one that
 * stands above it at the same origin, because an API names itself once and not each of its pages (§3.3 asks for the same
 * address, which no API with several paths can satisfy).
 *
 * @throws OAuthError `issuer_mismatch` when it is the metadata of another resource; `request_failed`,
 *   `malformed_response`.
 */
export function readResourceMetadataResponse(resource_url: string, response: TokenEndpointResponse): ProtectedResource {
  const parsed = protectedResource.safeParse(readEndpointReply(response, REQUEST, [200]))
  if (!parsed.success) throw malformedReply(REQUEST, String(parsed.error.issues[0]?.path.join('.')))
  const { resource } = parsed.data
  if (isAtOrBelow(parseResource(resource_url), URL.parse(resource))) return parsed.data
  const message = 'The metadata is about another resource than the one that was called. Do not use it.'
  throw new OAuthError('issuer_mismatch', message, { field: 'resource', verdict: 'integration_broken' })
}

export interface DiscoveredResource {
  resource: ProtectedResource
  server: AuthorizationServer
}

/**
 * Leads from a resource, and the 401 that it answered with if there was one, to its authorization server: the first that
 * it names.
 */
export async function discoverResource(
  send: GuardedFetch,
  resource_url: string,
  challenged: Pick<TokenEndpointResponse, 'headers'> | null,
  policy: DiscoveryPolicy,
): Promise<DiscoveredResource> {
  const response = await send(buildResourceMetadataRequest(resource_url, challenged, policy))
  const resource = readResourceMetadataResponse(resource_url, response)
  const [issuer = ''] = resource.authorization_servers
  return { resource, server: await discoverServer(send, issuer, policy) }
}

function parseResource(resource_url: string): URL {
  const url = URL.parse(resource_url)
  if (url !== null && url.hash === '') return url
  throw new OAuthError('refused_url', 'A resource is named by an absolute address without fragment.', {
    field: 'resource',
  })
}

function isAtOrBelow(url: URL, resource: URL | null): boolean {
  if (resource === null || resource.origin !== url.origin || resource.hash !== '') return false
  if (resource.search !== '') return resource.href === url.href
  const path = resource.pathname.replace(/\/$/, '')
  return url.pathname === resource.pathname || url.pathname === path || url.pathname.startsWith(`${path}/`)
}
