// From an issuer identifier to its metadata (RFC 8414 §3, OpenID Connect Discovery §4).

import { readEndpointReply } from '../endpoint-error.ts'
import { OAuthError } from '../errors.ts'
import type { GuardedFetch } from '../guarded-fetch.ts'
import { readReply } from '../reply.ts'
import type { TokenRequest } from '../token-request.ts'
import type { TokenEndpointResponse } from '../token-response.ts'
import { checkUrl, type UrlPolicy } from '../url-policy.ts'
import { type AuthorizationServer, parseAuthorizationServer } from './authorization-server.ts'

/** Which addresses metadata may name; `{ allow_loopback: false, allowed_ports: [] }` outside of development. */
export type DiscoveryPolicy = Omit<UrlPolicy, 'allowed_hosts'>

const REQUEST = 'the metadata request'

/**
 * The requests for an issuer's metadata, likeliest first: RFC 8414 §3.1 puts the well-known part before the issuer's
 * path, OpenID Connect after it.
 *
 * @throws OAuthError `refused_url` when the issuer is not https, or has a query or fragment (RFC 8414 §2).
 */
export function buildMetadataRequests(issuer: string, policy: DiscoveryPolicy): TokenRequest[] {
  const url = issuerUrl(issuer, policy)
  const path = url.pathname.replace(/\/$/, '')
  const paths = [
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`,
    `${path}/.well-known/openid-configuration`,
  ]
  return [...new Set(paths)].map((pathname) => getJson(`${url.origin}${pathname}`))
}

export function getJson(url: string): TokenRequest {
  return { method: 'GET', url, headers: { accept: 'application/json' }, body: null }
}

/**
 * Reads the metadata of `issuer`.
 *
 * @throws OAuthError `issuer_mismatch` when it is the metadata of another (RFC 8414 §3.3; compared as text, a trailing
 *   slash counts); `request_failed`, `malformed_response`, `refused_url`.
 */
export function readMetadataResponse(
  issuer: string,
  response: TokenEndpointResponse,
  policy: DiscoveryPolicy,
): AuthorizationServer {
  const server = parseAuthorizationServer(readEndpointReply(response, REQUEST, [200]), policy)
  if (server.issuer === issuer) return server
  const message = 'The metadata names another issuer than was asked for. Write the issuer exactly as the provider does.'
  throw new OAuthError('issuer_mismatch', message, { field: 'issuer', verdict: 'integration_broken' })
}

/**
 * Discovers an authorization server by its issuer identifier. A place that has no metadata (404 and other 4xx, a redirect
 * to a sign-in, a page instead of JSON) leads to the next one; metadata that is wrong is never passed over.
 */
export async function discoverServer(
  send: GuardedFetch,
  issuer: string,
  policy: DiscoveryPolicy,
): Promise<AuthorizationServer> {
  for (const request of buildMetadataRequests(issuer, policy)) {
    const response = await send(request).catch(absentIfRedirected)
    if (response !== null && !isAbsent(response)) return readMetadataResponse(issuer, response, policy)
  }
  throw new OAuthError('request_failed', `No metadata is published at ${new URL(issuer).hostname}.`, {
    field: 'issuer',
    verdict: 'integration_broken',
  })
}

/** The guarded fetch follows no redirects; the address itself was checked before. */
function absentIfRedirected(error: unknown): null {
  if (error instanceof OAuthError && error.code === 'refused_url' && error.verdict === 'integration_broken') return null
  throw error
}

function isAbsent(response: TokenEndpointResponse): boolean {
  const { status } = response
  if (status === 200) return readReply(response) === null
  return status >= 400 && status < 500 && status !== 408 && status !== 429
}

function issuerUrl(issuer: string, policy: DiscoveryPolicy): URL {
  const url = URL.parse(issuer)
  if (url === null || url.search !== '' || issuer.includes('?')) {
    throw new OAuthError('refused_url', 'An issuer is an https address without query.', { field: 'issuer' })
  }
  checkUrl(url, policy)
  return url
}
