import { OAuthError, type OAuthErrorCode, type ProviderError, type Verdict } from '../errors.ts'
import { providerText } from '../provider-text.ts'
import type { TokenEndpointResponse } from '../token-response.ts'

/** Which request was answered: a spent temporary credential is the person's matter, a refused client is not. */
export type OAuth1Leg = 'temporary_credentials' | 'token_credentials'

const MAX_MEMBERS = 64

/** Replies are forms whatever their declared type (RFC 5849 §2.1). Null for pages, JSON, nothing and repeated names. */
export function readFormReply(body: string): Record<string, string> | null {
  const text = body.trim()
  if (!/^[^<>{}\s]+=[^<>\s]*$/.test(text)) return null
  const members = [...new URLSearchParams(text)].filter(([name]) => name !== '__proto__')
  const repeats = new Set(members.map(([name]) => name)).size !== members.length
  return repeats || members.length > MAX_MEMBERS ? null : Object.fromEntries(members)
}

/** Problems of the sign-in (OAuth Problem Reporting extension), which end when the person starts again. */
const SPENT = new Set([
  'token_expired',
  'token_rejected',
  'token_revoked',
  'token_used',
  'verifier_invalid',
  'permission_denied',
])
const CLIENT = new Set(['consumer_key_unknown', 'consumer_key_rejected', 'consumer_key_refused', 'signature_invalid'])
/** A new nonce and timestamp may do. */
const AGAIN = new Set(['nonce_used', 'timestamp_refused'])

/**
 * The refusal of a server. RFC 5849 §3.2 knows statuses only: 400 for a request that it does not understand, 401 for
 * credentials, token, signature or nonce; the problem reporting extension adds `oauth_problem`, in the body or in
 * WWW-Authenticate.
 */
export function oauth1Error(response: TokenEndpointResponse, leg: OAuth1Leg): OAuthError {
  const { status } = response
  const error = problemOf(response)
  const provider_error: ProviderError = { status, error, error_description: null }
  const said = error ?? `HTTP ${status}`
  const fail = (code: OAuthErrorCode, verdict: Verdict, message: string) =>
    new OAuthError(code, message, { verdict, provider_error })

  if (status >= 500 || status === 429 || status === 408 || (error !== null && AGAIN.has(error))) {
    return fail(
      'token_request_failed',
      'transient',
      `The provider cannot answer now (${said}). It will be tried again.`,
    )
  }
  if (leg === 'token_credentials' && error !== null && SPENT.has(error)) {
    return fail('invalid_grant', 'reauthorize', 'The provider did not accept this sign-in. Authorize again.')
  }
  if (error === null ? status === 401 && leg === 'temporary_credentials' : CLIENT.has(error)) {
    const message = `The provider refuses this client (${said}). Check client id and secret of the integration.`
    return fail('invalid_client', 'integration_broken', message)
  }
  return fail('token_request_failed', 'integration_broken', `The provider refused the request (${said}).`)
}

function problemOf({ headers, body }: TokenEndpointResponse): string | null {
  const challenge = /\boauth_problem="?([\w%-]+)/i.exec(headers.get('www-authenticate') ?? '')?.[1]
  return providerText(readFormReply(body)?.oauth_problem ?? challenge)
}
