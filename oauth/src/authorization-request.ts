import { OAuthError } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { OAuthPlan } from './plan.ts'
import { placeUrl } from './template/place-url.ts'
import { renderSentinels } from './template/render.ts'

export interface AuthorizationRequestInput {
  client_id: string
  redirect_uri: string
  state: string
  /** The endpoint config, for templates such as `{{{config.subdomain}}}`. */
  config: JsonObject
  /** Required when `plan.uses_pkce`. */
  code_challenge?: string
  code_challenge_method?: 'S256'
  /** For `now_plus`; the current time unless given. */
  now?: Date
}

/**
 * Builds the authorization request (RFC 6749 §4.1.1): the address to send the browser to. The client secret and the code
 * verifier are not within its templates' reach.
 *
 * @throws OAuthError `refused_value` naming the config field that does not fit its place; `invalid_template` when the
 *   address would not carry the given `state`, or carry another PKCE method than S256.
 */
export function buildAuthorizationRequest(plan: OAuthPlan, input: AuthorizationRequestInput): { url: string } {
  const { client_id, redirect_uri, state, config, code_challenge, now = new Date() } = input
  if (state === '') throw missing('state')
  if (plan.uses_pkce && !code_challenge) throw missing('code_challenge')

  const code_challenge_method = code_challenge ? (input.code_challenge_method ?? 'S256') : undefined
  const scope = { client_id, redirect_uri, state, config, code_challenge, code_challenge_method }
  const url = placeUrl(renderSentinels(plan.authorization_url, scope, now), plan.url_policy)

  const states = url.searchParams.getAll(plan.state?.name ?? 'state')
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
  return { url: url.href }
}

function missing(field: string): OAuthError {
  return new OAuthError('refused_value', `The authorization request needs ${field}.`, { field })
}
