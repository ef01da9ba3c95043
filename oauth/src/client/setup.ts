// What all steps of a conversation share: the plan, the client, the server's metadata and the way out.

import type { ClientAuthenticationMethod } from '../client-authentication/authenticate-client.ts'
import { chooseClientAuthentication } from '../client-authentication/choose-client-authentication.ts'
import type { AuthorizationServer, EndpointName } from '../discovery/authorization-server.ts'
import type { DpopKey } from '../dpop/dpop-key.ts'
import { createDpopSender } from '../dpop/dpop-sender.ts'
import { OAuthError } from '../errors.ts'
import type { StandardClient } from '../grants/endpoint-request.ts'
import { createSender, type Sender } from '../grants/sender.ts'
import { type OAuthPlan, type RequestTemplates, templatesOf } from '../plan.ts'
import { openScope, type RequestContext } from '../request-scope.ts'
import { parseTemplate } from '../template/parse-template.ts'
import { placeUrl } from '../template/place-url.ts'
import { renderSentinels } from '../template/render.ts'
import type { Template } from '../template/template.ts'
import type { ConnectionContext, OAuthClientOptions } from './client-options.ts'

export interface Setup extends Omit<OAuthClientOptions, 'provider' | 'now'> {
  plan: OAuthPlan
  now: () => Date
}

/** The issuer that the integration names, else the one that the spec names for this config; null: none is known. */
export function issuerOf(setup: Setup, context: ConnectionContext): string | null {
  const { issuer, plan } = setup
  if (issuer) return issuer
  const template = plan.server?.issuer ?? null
  if (template === null) return null
  const rendered = renderSentinels(template, openScope(plan, openContext(setup, context)), setup.now())
  const url = placeUrl(rendered, plan.url_policy)
  // Compared as text later (RFC 8414 §3.3), so without the slash that a bare host gets.
  return url.pathname === '/' && !template.source.endsWith('/') ? url.origin : url.href
}

/**
 * The metadata of the authorization server, or the endpoints that the spec names by hand; null when neither is known.
 * Metadata that is announced and cannot be had is an error: going on without would lose the protection that it promises.
 */
export async function serverOf(setup: Setup, context: ConnectionContext): Promise<AuthorizationServer | null> {
  const endpoints = setup.plan.server?.endpoints ?? {}
  const issuer = issuerOf(setup, context)
  if (issuer !== null) return { ...endpoints, ...(await setup.metadata.server(issuer)) }
  return Object.keys(endpoints).length === 0 ? null : { issuer: '', ...endpoints }
}

/** The same with the endpoints of the plan's own templates, for requests that no template writes. */
export async function wholeServer(setup: Setup, context: ConnectionContext): Promise<AuthorizationServer> {
  const server = await serverOf(setup, context)
  const { url } = setup.plan.token_request
  return {
    issuer: '',
    ...(url.source !== '' && { token_endpoint: addressOf(setup, url, context) }),
    ...server,
  }
}

/** An endpoint as one of the plan's templates writes it, without its query. */
export function addressOf(setup: Setup, template: Template, context: ConnectionContext): string {
  const { plan, now } = setup
  const scope = openScope(plan, openContext(setup, context))
  const url = placeUrl(renderSentinels(template, scope, now()), plan.url_policy)
  return `${url.origin}${url.pathname}`
}

/** What is not secret of a request. */
export function openContext(
  { client, scopes, now, read_config }: Setup,
  { config, captured }: ConnectionContext,
): RequestContext {
  return {
    client_id: client.client_id,
    config: read_config?.(config) ?? config,
    now: now(),
    ...(captured && { captured }),
    ...(scopes && { scopes }),
  }
}

/** The plan with the endpoints that its spec leaves to the metadata. */
export function planWith(plan: OAuthPlan, server: AuthorizationServer | null): OAuthPlan {
  const at = (template: Template, endpoint: EndpointName): Template => {
    const url = server?.[endpoint]
    return template.source === '' && url ? literalTemplate(url) : template
  }
  const isWhole = plan.authorization_url.source !== '' && plan.token_request.url.source !== ''
  if (isWhole || server === null) return plan
  const request = <T extends RequestTemplates | null>(templates: T): T =>
    templates && { ...templates, url: at(templates.url, 'token_endpoint') }
  const { behaviour } = plan
  return {
    ...plan,
    authorization_url: at(plan.authorization_url, 'authorization_endpoint'),
    token_request: request(plan.token_request),
    refresh_request: request(plan.refresh_request),
    behaviour: {
      ...behaviour,
      client_credentials_request: request(behaviour.client_credentials_request),
      password_request: request(behaviour.password_request),
      jwt_bearer_request: request(behaviour.jwt_bearer_request),
    },
  }
}

function literalTemplate(text: string): Template {
  return { ...parseTemplate(''), source: text, tokens: [['text', text, 0, text.length]] }
}

export function senderOf({ fetch, metadata, now }: Setup, key: DpopKey | null): Sender {
  return key === null ? createSender(fetch) : createDpopSender(fetch, key, { nonces: metadata.nonces, clock: now })
}

export function sendOptions({ signal }: ConnectionContext): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

/**
 * How the client proves itself at the server's own endpoints (PAR, revocation, device authorization): by its own method,
 * else as the spec's token request does.
 */
export function standardClient(setup: Setup, server: AuthorizationServer | null): StandardClient {
  const { client, plan } = setup
  const token_endpoint_auth_method = ownMethod(setup, server, plan.token_request) ?? methodOf(plan.token_request)
  const { assertion_audience, ...registration } = client
  // RFC 7523 §3: the issuer identifier, or the token endpoint where none is known.
  const audience = assertion_audience || server?.issuer || server?.token_endpoint
  return { ...registration, token_endpoint_auth_method, ...(audience && { assertion_audience: audience }) }
}

/** The method that a request's templates write; `none` when they prove nothing. */
export function methodOf(request: RequestTemplates): ClientAuthenticationMethod {
  if (request.client_authentication !== undefined) return request.client_authentication
  const header = request.headers.find(({ name }) => name === 'authorization')?.value
  if (header?.lambdas.has('basicauth')) return 'client_secret_basic'
  return readsSecret(request) ? 'client_secret_post' : 'none'
}

/** The client's own method where it replaces what the templates write; null: they are sent as they are. */
export function ownMethod(
  { client }: Setup,
  server: AuthorizationServer | null,
  request: RequestTemplates,
): ClientAuthenticationMethod | null {
  if (client.token_endpoint_auth_method) {
    return client.token_endpoint_auth_method === methodOf(request) ? null : client.token_endpoint_auth_method
  }
  if (client.client_secret || !readsSecret(request)) return null
  if (server?.token_endpoint_auth_methods_supported) return chooseClientAuthentication(server, client)
  if (client.signing_key) return 'private_key_jwt'
  return client.client_certificate ? 'tls_client_auth' : 'none'
}

export function readsSecret(request: RequestTemplates): boolean {
  return templatesOf(request).some(({ names }) => names.has('client_secret'))
}

export function notOffered(what: string, field: string): OAuthError {
  return new OAuthError('not_offered', `The provider offers no ${what}.`, { field, verdict: 'integration_broken' })
}
