import { OAuthError } from './errors.ts'
import { appendQuery, renderParameters } from './parameters.ts'
import type { OAuthPlan } from './plan.ts'
import type { ApiAccess } from './provider-behaviour.ts'
import { openScope, type RequestContext } from './request-scope.ts'
import type { Secret } from './secret.ts'
import { placeUrl } from './template/place-url.ts'
import { renderSentinels } from './template/render.ts'
import type { Scope } from './template/template.ts'
import { renderHeaders, type TokenRequest } from './token-request.ts'
import type { UrlPolicy } from './url-policy.ts'

export interface ApiContext extends RequestContext {
  access_token: Secret
  /** Further tokens by the plan's names, for providers whose API takes one of them. */
  tokens?: Record<string, { access_token: Secret }>
}

export interface ApiRequestInput extends ApiContext {
  method: string
  /** Below the provider's base URL, encoded, perhaps with a query: `/customers?limit=1`. */
  path: string
  /** JSON. */
  body?: string | null
}

/**
 * Builds a request to the provider's API: its address for this person, its headers, the token where it wants it. Null when
 * the plan does not know the API.
 *
 * @throws OAuthError `refused_value` naming the field whose value does not fit its place, or `path` when it leaves the API.
 */
export function buildApiRequest(plan: OAuthPlan, input: ApiRequestInput): TokenRequest | null {
  const { api } = plan.behaviour
  if (api === null) return null
  return renderApiRequest(api, input, scopeOf(plan, input), plan.url_policy)
}

/** A call of the API. */
export type ApiCall = Pick<ApiRequestInput, 'method' | 'path' | 'body' | 'now'>

export function renderApiRequest(
  api: ApiAccess,
  { method, path, body = null, now = new Date() }: ApiCall,
  scope: Scope,
  policy: UrlPolicy,
): TokenRequest {
  const base = placeUrl(renderSentinels(api.base_url, scope, now), policy)
  const url = new URL(`${base.href.replace(/\/$/, '')}/${path.replace(/^\//, '')}`)
  if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) {
    throw new OAuthError('refused_value', 'The path leads out of the API.', { field: 'path' })
  }
  appendQuery(url, renderParameters(api.query, scope, now))
  const content: Record<string, string> = body === null ? {} : { 'content-type': 'application/json' }
  return {
    method,
    url: url.href,
    headers: { ...content, ...renderHeaders(api.headers, scope, now) },
    body,
  }
}

/** Builds the provider's harmless test call; null when none is declared. */
export function buildTestCall(plan: OAuthPlan, input: ApiContext): TokenRequest | null {
  const test = plan.behaviour.api?.test ?? null
  return test && buildApiRequest(plan, { ...input, ...test })
}

function scopeOf(plan: OAuthPlan, input: ApiContext): Scope {
  const tokens = Object.entries(input.tokens ?? {}).map(([name, token]) => [
    name,
    { access_token: token.access_token.reveal() },
  ])
  return { ...openScope(plan, input), access_token: input.access_token.reveal(), tokens: Object.fromEntries(tokens) }
}
