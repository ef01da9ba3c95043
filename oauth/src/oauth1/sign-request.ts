import { randomBytes } from 'node:crypto'
import { OAuthError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import { checkUrl } from '../url-policy.ts'
import type { OAuth1Plan } from './oauth1-plan.ts'
import { percentEncode } from './percent-encode.ts'
import { signature } from './signature.ts'
import { type OAuth1Parameter, signatureBaseString } from './signature-base-string.ts'

export interface OAuth1Credentials {
  /** The client's identifier, often called the consumer key. */
  client_id: string
  /** The client's shared secret. */
  client_secret: Secret
  /** The token credentials (§2.3), or the temporary ones; none for the first request. */
  token?: Secret | undefined
  token_secret?: Secret | undefined
}

export interface SigningOptions {
  /** Protocol parameters of one request, such as `oauth_verifier`. */
  protocol_parameters?: Record<string, string>
  /** The current time unless given. */
  now?: Date
  /** Random unless given: 128 bits, so that it never repeats for a timestamp (§3.3). */
  nonce?: string
}

const FORM = 'application/x-www-form-urlencoded'

/**
 * Signs a request (RFC 5849 §3) in its Authorization header. Query and form body are part of the signature; other
 * bodies are not (§3.4.1.3.1).
 *
 * @throws OAuthError `refused_value` when the request carries protocol parameters or an Authorization header of its own;
 *   `refused_url` when PLAINTEXT would go over anything but TLS.
 */
export function signOAuth1Request(
  plan: Pick<OAuth1Plan, 'signature_method' | 'realm' | 'url_policy'>,
  request: TokenRequest,
  credentials: OAuth1Credentials,
  { protocol_parameters = {}, now = new Date(), nonce = randomBytes(16).toString('hex') }: SigningOptions = {},
): TokenRequest {
  const url = new URL(request.url)
  checkUrl(url, plan.url_policy)
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  if (headers.authorization !== undefined) throw twice('authorization')
  const form = isForm(headers['content-type']) ? request.body : null
  for (const [name] of [...url.searchParams, ...new URLSearchParams(form ?? '')]) {
    if (name.startsWith('oauth_')) throw twice(name)
  }

  const parameters: OAuth1Parameter[] = [
    ['oauth_consumer_key', credentials.client_id],
    ...(credentials.token === undefined ? [] : [['oauth_token', credentials.token.reveal()] as const]),
    ['oauth_signature_method', plan.signature_method],
    ['oauth_timestamp', String(Math.floor(now.getTime() / 1000))],
    ['oauth_nonce', nonce],
    ['oauth_version', '1.0'],
    ...Object.entries(protocol_parameters),
  ]
  const message = { method: request.method, url, protocol_parameters: parameters, form }
  const { client_secret, token_secret = null } = credentials
  const signed = signature(plan.signature_method, signatureBaseString(message), client_secret, token_secret)
  const authorization = authorizationHeader(plan.realm, [...parameters, ['oauth_signature', signed]])
  return { ...request, url: url.href, headers: { ...headers, authorization } }
}

/** RFC 5849 §3.5.1. The realm is a quoted-string (RFC 9110 §5.6.4); all else is percent-encoded. */
export function authorizationHeader(realm: string | null, parameters: OAuth1Parameter[]): string {
  const encoded = parameters.map(([name, value]) => `${percentEncode(name, name)}="${percentEncode(value, name)}"`)
  const quoted = realm === null ? [] : [`realm="${realm.replace(/["\\]/g, '\\$&')}"`]
  return `OAuth ${[...quoted, ...encoded].join(', ')}`
}

function isForm(content_type = ''): boolean {
  return (content_type.split(';')[0] ?? '').trim().toLowerCase() === FORM
}

function twice(field: string): OAuthError {
  return new OAuthError('refused_value', `The request carries ${field} already; signing adds it.`, { field })
}
