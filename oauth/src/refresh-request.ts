import { OAuthError } from './errors.ts'
import { type OAuthPlan, templatesOf } from './plan.ts'
import { type AuthenticatedRequestContext, authenticatedScope } from './request-scope.ts'
import type { Secret } from './secret.ts'
import { basicPassword, basicUserId } from './template/place-basic.ts'
import { placeUrl } from './template/place-url.ts'
import { renderSentinels } from './template/render.ts'
import type { Scope } from './template/template.ts'
import { renderHeaders, renderRequest, type TokenRequest } from './token-request.ts'

export interface RefreshRequestInput extends AuthenticatedRequestContext {
  /** Required unless the provider refreshes with the access token. */
  refresh_token?: Secret | null
  /** Required where the provider refreshes with it: `plan.behaviour.refreshes_with`. */
  access_token?: Secret
}

/** What a token request's URL or headers may read that a refresh does not have. */
const CODE_GRANT_NAMES = ['code', 'code_verifier', 'redirect_uri']

/** Query parameters that belong to a token request; some specs write them into the URL (Asana, Facebook). */
const REQUEST_PARAMETERS = [...CODE_GRANT_NAMES, 'client_id', 'client_secret', 'grant_type', 'refresh_token']

/**
 * Builds a refresh request: by the spec's own `refreshToken*` templates where they send the refresh token, else as RFC
 * 6749 §6 says, a form to the token endpoint. There the client proves itself as the spec's token request does: in an
 * HTTP Basic header if that uses `basicauth`, otherwise by `client_id` and `client_secret` in the form; never both (§2.3).
 *
 * @throws OAuthError `refused_value` naming the field whose value does not fit its place.
 */
export function buildRefreshRequest(plan: OAuthPlan, input: RefreshRequestInput): TokenRequest {
  const own = plan.refresh_request
  const { refreshes_with } = plan.behaviour
  if (refreshes_with === null) {
    throw new OAuthError('invalid_grant', `${plan.provider} has no refresh. Authorize again.`, {
      verdict: 'reauthorize',
    })
  }
  const token = input[refreshes_with]?.reveal() ?? ''
  if (token === '') {
    throw new OAuthError('refused_value', `The refresh request needs ${refreshes_with}.`, { field: refreshes_with })
  }
  const scope = { ...authenticatedScope(plan, input), [refreshes_with]: token }
  if (own === null || !templatesOf(own).some(({ names }) => names.has(refreshes_with))) {
    return buildStandardRequest(plan, input, token, scope)
  }
  return renderRequest(own, scope, plan.url_policy, input.now ?? new Date())
}

function buildStandardRequest(plan: OAuthPlan, input: RefreshRequestInput, token: string, scope: Scope): TokenRequest {
  const now = input.now ?? new Date()
  const templates = plan.refresh_request ?? plan.token_request

  const url = placeUrl(renderSentinels(templates.url, scope, now), plan.url_policy)
  for (const name of REQUEST_PARAMETERS) if (url.searchParams.has(name)) url.searchParams.delete(name)

  const carried = templates.headers.filter(
    ({ name, value }) => name !== 'authorization' && !CODE_GRANT_NAMES.some((variable) => value.names.has(variable)),
  )
  const headers = { ...renderHeaders(carried, scope, now), 'content-type': 'application/x-www-form-urlencoded' }
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token })
  const client_secret = input.client_secret.reveal()
  if (plan.client_authentication === 'client_secret_basic') {
    const credentials = Buffer.from(`${basicUserId(input.client_id)}:${basicPassword(client_secret)}`)
    Object.assign(headers, { authorization: `Basic ${credentials.toString('base64')}` })
  } else {
    form.set('client_id', input.client_id)
    form.set('client_secret', client_secret)
  }
  return { method: 'POST', url: url.href, headers, body: form.toString() }
}
