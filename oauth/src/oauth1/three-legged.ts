// The three legs of OAuth 1.0a (RFC 5849 §2): temporary credentials, the person's authorization, token credentials.

import { createHash, timingSafeEqual } from 'node:crypto'
import { OAuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { providerText } from '../provider-text.ts'
import { type Secret, secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import type { TokenEndpointResponse } from '../token-response.ts'
import type { OAuth1Plan } from './oauth1-plan.ts'
import { type OAuth1Leg, oauth1Error, readFormReply } from './oauth1-reply.ts'
import { type OAuth1Credentials, type SigningOptions, signOAuth1Request } from './sign-request.ts'

export interface TemporaryCredentials {
  token: Secret
  token_secret: Secret
}

export interface TokenCredentials {
  token: Secret
  token_secret: Secret
  /** What else the provider says, such as `user_id` or `oauth_expires_in`. */
  response: Secret<JsonObject>
}

type Client = Pick<OAuth1Credentials, 'client_id' | 'client_secret'>
type Moment = Pick<SigningOptions, 'now' | 'nonce'>

/**
 * Builds the request for temporary credentials (§2.1). `callback` is where the person comes back to, or `oob` when they
 * type the verifier.
 */
export function buildTemporaryCredentialsRequest(
  plan: OAuth1Plan,
  { callback, ...client }: Client & { callback: string },
  moment: Moment = {},
): TokenRequest {
  const protocol_parameters = { oauth_callback: callback }
  return signOAuth1Request(plan, post(plan.temporary_credentials_url), client, { ...moment, protocol_parameters })
}

/**
 * Reads temporary credentials (§2.1).
 *
 * @throws OAuthError `malformed_response` when they are missing, or when `oauth_callback_confirmed` is not `true`: such a
 *   server speaks OAuth 1.0, whose sessions can be fixed by an attacker. Else the provider's refusal with its verdict.
 */
export function readTemporaryCredentials(response: TokenEndpointResponse): TemporaryCredentials {
  const reply = readSuccess(response, 'temporary_credentials')
  if (reply.oauth_callback_confirmed !== 'true') {
    throw malformed('The provider did not confirm the callback, which OAuth 1.0a requires.', 'oauth_callback_confirmed')
  }
  return readCredentials(reply)
}

/**
 * The address to send the browser to (§2.2). `scopes` are the plan's default ones unless given.
 *
 * @throws OAuthError `refused_value` when scopes are given to a provider that has none.
 */
export function buildOAuth1AuthorizationUrl(
  plan: OAuth1Plan,
  { token }: TemporaryCredentials,
  { scopes }: { scopes?: string[] } = {},
): { url: string } {
  const url = new URL(plan.authorization_url)
  for (const [name, value] of Object.entries(plan.authorization_parameters)) url.searchParams.set(name, value)
  if (scopes !== undefined && plan.scopes === null) {
    throw new OAuthError('refused_value', `The provider ${plan.provider} takes no scopes.`, { field: 'scopes' })
  }
  const list = (scopes ?? plan.scopes?.default ?? []).join(plan.scopes?.separator)
  if (plan.scopes !== null && list !== '') url.searchParams.set(plan.scopes.parameter, list)
  url.searchParams.set('oauth_token', token.reveal())
  return { url: url.href }
}

/** Characters of all names and values together. */
const MAX_SIZE = 8192

/**
 * Reads the callback (§2.2). Its token must be the one that this sign-in began with: that, and the verifier which only
 * the person's browser brings, bind the three legs together.
 *
 * @throws OAuthError `state_mismatch` for another token, `access_denied`, `malformed_response` without a verifier.
 */
export function readOAuth1AuthorizationResponse(
  parameters: URLSearchParams,
  { token }: Pick<TemporaryCredentials, 'token'>,
): { verifier: Secret; parameters: Record<string, string> } {
  const names = [...parameters.keys()]
  if (parameters.toString().length > MAX_SIZE) throw malformed('The callback is too long.', null)
  if (new Set(names).size !== names.length) throw malformed('The callback repeats a parameter.', null)

  // `denied` (X) and `oauth_problem` (Problem Reporting) name the token like a success does, or not at all.
  const denied = parameters.get('denied')
  const problem = providerText(parameters.get('oauth_problem') ?? parameters.get('error'))
  const returned = parameters.get('oauth_token') ?? denied
  if (returned === null ? problem === null : !sameText(returned, token.reveal())) {
    throw new OAuthError('state_mismatch', 'This sign-in was not started here or is over. Start it again.', {
      field: 'oauth_token',
    })
  }
  if (denied !== null || problem !== null) {
    const provider_error = { status: 0, error: problem, error_description: null }
    throw new OAuthError('access_denied', 'Access was not granted at the provider. Start again to grant it.', {
      field: denied === null ? 'oauth_problem' : 'denied',
      provider_error,
    })
  }
  const verifier = parameters.get('oauth_verifier') ?? ''
  if (!/^[\x20-\x7e]+$/.test(verifier)) throw malformed('The provider sent no verifier. Start again.', 'oauth_verifier')
  const further = [...parameters].filter(([name]) => name !== 'oauth_token' && name !== 'oauth_verifier')
  return { verifier: secret(verifier), parameters: Object.fromEntries(further) }
}

/** Builds the request for token credentials (§2.3). */
export function buildTokenCredentialsRequest(
  plan: OAuth1Plan,
  { temporary, verifier, ...client }: Client & { temporary: TemporaryCredentials; verifier: Secret },
  moment: Moment = {},
): TokenRequest {
  const protocol_parameters = { oauth_verifier: verifier.reveal() }
  const credentials = { ...client, ...temporary }
  return signOAuth1Request(plan, post(plan.token_credentials_url), credentials, { ...moment, protocol_parameters })
}

/**
 * Reads token credentials (§2.3).
 *
 * @throws OAuthError `malformed_response`, or the provider's refusal with its verdict.
 */
export function readTokenCredentials(response: TokenEndpointResponse): TokenCredentials {
  const reply = readSuccess(response, 'token_credentials')
  const { oauth_token, oauth_token_secret, ...further } = reply
  return { ...readCredentials({ oauth_token, oauth_token_secret }), response: secret(further) }
}

/** Some servers want a length for every POST; an empty form has one. */
function post(url: string): TokenRequest {
  return { method: 'POST', url, headers: { accept: '*/*' }, body: '' }
}

function readSuccess(response: TokenEndpointResponse, leg: OAuth1Leg): Record<string, string> {
  if (response.status < 200 || response.status > 299) throw oauth1Error(response, leg)
  const reply = readFormReply(response.body)
  if (reply === null) throw malformed('The provider did not answer with credentials.', null)
  if (reply.oauth_problem !== undefined) throw oauth1Error(response, leg)
  return reply
}

const MAX_TOKEN = 32_768

function readCredentials(reply: Record<string, string | undefined>): TemporaryCredentials {
  const read = (field: 'oauth_token' | 'oauth_token_secret') => {
    const value = reply[field] ?? ''
    if (value.length > MAX_TOKEN || !/^[\x20-\x7e]+$/.test(value)) {
      throw malformed(`The provider's ${field} is missing or not usable.`, field)
    }
    return secret(value)
  }
  return { token: read('oauth_token'), token_secret: read('oauth_token_secret') }
}

/** Compares as digests of equal length, in constant time. */
function sameText(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}

function malformed(message: string, field: string | null): OAuthError {
  return new OAuthError('malformed_response', message, { field, verdict: 'integration_broken' })
}
