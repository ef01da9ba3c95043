import type { ClientCertificate } from './client-authentication/authenticate-client.ts'
import { appendQuery, encodeBody, renderParameters } from './parameters.ts'
import type { OAuthPlan, RequestTemplates } from './plan.ts'
import { type AuthenticatedRequestContext, authenticatedScope } from './request-scope.ts'
import type { Secret } from './secret.ts'
import { placeBody } from './template/place-body.ts'
import { placeHeader } from './template/place-header.ts'
import { placeAddress, placeUrl } from './template/place-url.ts'
import { renderSentinels } from './template/render.ts'
import { LAMBDAS, type Scope } from './template/template.ts'
import type { UrlPolicy } from './url-policy.ts'

/** A request ready to send: encoded, host pinned, secrets in the clear. Never log it. */
export interface TokenRequest {
  method: string
  url: string
  /** Lower-case names. */
  headers: Record<string, string>
  body: string | null
  /** For mutual TLS (RFC 8705); none unless given. */
  client_certificate?: ClientCertificate | null
}

export interface TokenRequestInput extends AuthenticatedRequestContext {
  redirect_uri: string
  code: Secret
  code_verifier?: Secret
  /** For templates that repeat it to the token endpoint. */
  state?: string
  /** Further parameters of the authorization response, such as `realmId`; they never override the fields above. */
  parameters?: Record<string, string>
}

/** Names that a provider or browser may not supply to a token request's templates. */
const RESERVED_NAMES = new Set<string>([
  'client_id',
  'client_secret',
  'code',
  'code_challenge',
  'code_verifier',
  'config',
  'grant_type',
  'redirect_uri',
  'refresh_token',
  'state',
  ...LAMBDAS,
])

/**
 * Builds the token request of the authorization code grant (RFC 6749 §4.1.3) from the plan's templates.
 *
 * @throws OAuthError `refused_value` naming the field whose value does not fit its place, never showing the value.
 */
export function buildTokenRequest(plan: OAuthPlan, input: TokenRequestInput): TokenRequest {
  const further = Object.entries(input.parameters ?? {}).filter(([name]) => !RESERVED_NAMES.has(name))
  const scope = {
    ...Object.fromEntries(further),
    ...authenticatedScope(plan, input),
    redirect_uri: input.redirect_uri,
    code: input.code.reveal(),
    code_verifier: input.code_verifier?.reveal(),
    state: input.state,
  }
  return renderRequest(plan.token_request, scope, plan.url_policy, input.now ?? new Date())
}

/** Puts the scope's values into a request's templates, each by the grammar of its place. */
export function renderRequest(templates: RequestTemplates, scope: Scope, policy: UrlPolicy, now: Date): TokenRequest {
  const { method, headers } = templates
  return {
    method,
    url: renderUrl(templates, scope, policy, now),
    headers: renderHeaders(headers, scope, now),
    body: renderBody(templates, scope, now),
  }
}

function renderUrl({ url, query }: RequestTemplates, scope: Scope, policy: UrlPolicy, now: Date): string {
  const rendered = renderSentinels(url, scope, now)
  if (query.length === 0) return placeAddress(rendered, policy)
  const placed = placeUrl(rendered, policy)
  appendQuery(placed, renderParameters(query, scope, now))
  return placed.href
}

function renderBody({ body, members, media_type }: RequestTemplates, scope: Scope, now: Date): string | null {
  if (body !== null) return placeBody(renderSentinels(body, scope, now), media_type)
  return encodeBody(renderParameters(members, scope, now), media_type === 'json' ? 'json' : 'form')
}

export function renderHeaders(headers: RequestTemplates['headers'], scope: Scope, now: Date): Record<string, string> {
  return Object.fromEntries(headers.map(({ name, value }) => [name, placeHeader(renderSentinels(value, scope, now))]))
}
