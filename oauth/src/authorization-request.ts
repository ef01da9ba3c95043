import { readAuthorizationParameters } from './authorization-parameters.ts'
import { OAuthError } from './errors.ts'
import { appendQuery, renderParameters } from './parameters.ts'
import type { OAuthPlan } from './plan.ts'
import { openScope, type RequestContext, requireGrant } from './request-scope.ts'
import { placeAddress, placeUrl } from './template/place-url.ts'
import { renderSentinels } from './template/render.ts'
import { onceFor } from './template/sentinels.ts'
import { isLoopbackHost } from './url-policy.ts'

export interface AuthorizationRequestInput extends RequestContext {
  redirect_uri: string
  state: string
  /** Required when `plan.uses_pkce`. */
  code_challenge?: string
  code_challenge_method?: 'S256'
}

/**
 * Builds the authorization request (RFC 6749 §4.1.1): the address to send the browser to. The client secret and the code
 * verifier are not within its templates' reach.
 *
 * @throws OAuthError `refused_value` naming the config field that does not fit its place; `invalid_template` when the
 *   address would not carry the given `state`, or carry another PKCE method than S256.
 */
export function buildAuthorizationRequest(plan: OAuthPlan, input: AuthorizationRequestInput): { url: string } {
  const { redirect_uri, state, code_challenge, now = new Date() } = input
  requireGrant(plan, 'authorization_code')
  if (state === '') throw missing('state')
  if (plan.uses_pkce && !code_challenge) throw missing('code_challenge')

  const code_challenge_method = code_challenge ? (input.code_challenge_method ?? 'S256') : undefined
  const scope = { ...openScope(plan, input), redirect_uri, state, code_challenge, code_challenge_method }
  checkRedirectUri(plan, redirect_uri)
  const rendered = renderSentinels(plan.authorization_url, scope, now)
  const { authorization_parameters } = plan.behaviour
  const written = scopesToWrite(plan, input)
  const state_name = plan.state?.name ?? 'state'
  if (authorization_parameters.length === 0 && state_name === 'state' && written === null) {
    const { carries_state, keeps_method } = provenParameters(rendered)
    if (carries_state && keeps_method && (code_challenge_method ?? 'S256') === 'S256') {
      return { url: placeAddress(rendered, plan.url_policy) }
    }
  }
  const url = placeUrl(rendered, plan.url_policy)
  appendQuery(url, renderParameters(authorization_parameters, scope, now))
  if (written !== null) writeScopes(url, written)
  return { url: checkParameters(url, state_name, state).href }
}

const provenParameters = onceFor((rendered) => readAuthorizationParameters(rendered, 'state'))

/** Dialects without lists of scopes have theirs in the template's text, so other ones are written over them. */
function scopesToWrite(plan: OAuthPlan, { scopes }: AuthorizationRequestInput): string[] | null {
  return plan.behaviour.scopes.some(({ name }) => name === 'scope') ? null : (scopes?.scope ?? null)
}

/** In the separator that the template uses: a space (RFC 6749 §3.3), or a comma as some providers have it. */
function writeScopes(url: URL, scopes: string[]): void {
  const standing = url.searchParams.get('scope') ?? ''
  url.searchParams.set('scope', scopes.join(/,/.test(standing) && !/\s/.test(standing) ? ',' : ' '))
}

/** What the template does not prove is read off the URL itself. */
function checkParameters(url: URL, state_name: string, state: string): URL {
  const states = url.searchParams.getAll(state_name)
  if (states.length !== 1 || states[0] !== state) {
    throw new OAuthError(
      'invalid_template',
      'The authorization URL does not carry exactly the state that it was given.',
      {
        verdict: 'connector_broken',
        field: 'state',
      },
    )
  }
  if (url.searchParams.getAll('code_challenge_method').some((method) => method !== '' && method !== 'S256')) {
    throw new OAuthError('invalid_template', 'The authorization URL asks for a PKCE method other than S256.', {
      verdict: 'connector_broken',
      field: 'code_challenge_method',
    })
  }
  return url
}

/** Providers that register only https, or no loopback, would refuse it on a page that helps nobody. */
function checkRedirectUri({ behaviour, provider }: OAuthPlan, redirect_uri: string): void {
  const { https_only, loopback } = behaviour.redirect_uri
  if (loopback && !https_only) return
  const url = URL.canParse(redirect_uri) ? new URL(redirect_uri) : null
  const reason =
    url === null || (https_only && url.protocol !== 'https:')
      ? 'only https'
      : !loopback && isLoopbackHost(url.hostname)
        ? 'no localhost'
        : null
  if (reason === null) return
  throw new OAuthError('refused_value', `${provider} allows ${reason} in redirect URIs. Use a public https address.`, {
    field: 'redirect_uri',
    verdict: 'integration_broken',
  })
}

function missing(field: string): OAuthError {
  return new OAuthError('refused_value', `The authorization request needs ${field}.`, { field })
}
