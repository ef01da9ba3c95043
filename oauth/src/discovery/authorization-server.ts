import { z } from 'zod'
import { malformedReply } from '../endpoint-error.ts'
import type { JsonObject } from '../json.ts'
import { checkUrl, type UrlPolicy } from '../url-policy.ts'

const endpoint = z.string().nullish()
// What a server says of its abilities is advice; nonsense there is no reason to do without the server.
const list = z.array(z.string()).nullish().catch(null)
const flag = z.boolean().nullish().catch(null)

const ENDPOINTS = {
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  device_authorization_endpoint: endpoint,
  pushed_authorization_request_endpoint: endpoint,
  revocation_endpoint: endpoint,
  introspection_endpoint: endpoint,
  registration_endpoint: endpoint,
}

const authorizationServer = z.object({
  issuer: z.string().min(1),
  ...ENDPOINTS,
  jwks_uri: endpoint,
  /** The same endpoints for clients that authenticate by certificate (RFC 8705 §5). */
  mtls_endpoint_aliases: z.object(ENDPOINTS).nullish(),
  scopes_supported: list,
  grant_types_supported: list,
  token_endpoint_auth_methods_supported: list,
  code_challenge_methods_supported: list,
  id_token_signing_alg_values_supported: list,
  dpop_signing_alg_values_supported: list,
  authorization_response_iss_parameter_supported: flag,
  require_pushed_authorization_requests: flag,
})

/**
 * What is known of an authorization server: its metadata (RFC 8414 §2, OpenID Connect Discovery §3) as far as it is used
 * here, under its own names. Where there is no metadata, write down the endpoints that its documentation names.
 */
export type AuthorizationServer = z.infer<typeof authorizationServer>

export type EndpointName = keyof typeof ENDPOINTS

/**
 * Takes over metadata from outside. Every endpoint must be an address that we would call or send a browser to.
 *
 * @throws OAuthError `malformed_response` naming the member, or `refused_url`.
 */
export function parseAuthorizationServer(
  metadata: JsonObject,
  policy: Omit<UrlPolicy, 'allowed_hosts'>,
): AuthorizationServer {
  const parsed = authorizationServer.safeParse(metadata)
  if (!parsed.success) throw malformedReply('the metadata request', String(parsed.error.issues[0]?.path.join('.')))
  const server = parsed.data
  const endpoints = { ...server, ...prefixed(server.mtls_endpoint_aliases ?? {}) }
  for (const [name, value] of Object.entries(endpoints)) {
    if (typeof value !== 'string' || !/_(?:endpoint|uri)$/.test(name)) continue
    if (!URL.canParse(value)) throw malformedReply('the metadata request', name)
    checkUrl(new URL(value), policy)
  }
  return server
}

function prefixed(aliases: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(aliases).map(([name, value]) => [`mtls_endpoint_aliases.${name}`, value]))
}
