import { type ApiCall, renderApiRequest } from '../api-request.ts'
import type { TokenRequest } from '../token-request.ts'
import type { OAuth1Plan } from './oauth1-plan.ts'
import { type OAuth1Credentials, type SigningOptions, signOAuth1Request } from './sign-request.ts'

type Moment = Pick<SigningOptions, 'now' | 'nonce'>

/**
 * Builds a signed request to the provider's API. Null when the plan does not know the API.
 *
 * @throws OAuthError `refused_value` naming `path` when it leaves the API, or what the request may not bring itself.
 */
export function buildOAuth1ApiRequest(
  plan: OAuth1Plan,
  call: Omit<ApiCall, 'now'>,
  credentials: OAuth1Credentials,
  moment: Moment = {},
): TokenRequest | null {
  if (plan.api === null) return null
  const { client_id } = credentials
  const request = renderApiRequest(plan.api, { ...call, ...moment }, { client_id }, plan.url_policy)
  return signOAuth1Request(plan, request, credentials, moment)
}

/** Builds the provider's harmless test call, signed; null when none is declared. */
export function buildOAuth1TestCall(
  plan: OAuth1Plan,
  credentials: OAuth1Credentials,
  moment: Moment = {},
): TokenRequest | null {
  const test = plan.api?.test ?? null
  return test && buildOAuth1ApiRequest(plan, test, credentials, moment)
}
