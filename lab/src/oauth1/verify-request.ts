// Verifies signed requests (RFC 5849 §3.2) without any code of the client that it tests.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { OAuth1Problem } from './oauth1-problem.ts'
import { encodeStrictly, parseAuthorizationHeader } from './parse-authorization-header.ts'

export type OAuth1SignatureMethod = 'HMAC-SHA1' | 'HMAC-SHA256' | 'PLAINTEXT'

export interface ReceivedRequest {
  method: string
  /** As the client addressed it, query included. */
  url: URL
  authorization: string | undefined
  content_type: string | undefined
  body: string
}

export interface Verifier {
  signature_methods: OAuth1SignatureMethod[]
  realm: string | null
  /** Secrets, or undefined for what nobody knows. */
  clientSecret(client_id: string): string | undefined
  tokenSecret(client_id: string, token: string): string | undefined
  /** Whether this nonce is new for its client, token and timestamp; remembers it. */
  takeNonce(key: string): boolean
  now(): Date
}

/** Seconds by which a client's clock may be wrong. */
const TOLERANCE = 300
const PROTOCOL = new Set([
  'realm',
  'oauth_consumer_key',
  'oauth_token',
  'oauth_signature_method',
  'oauth_signature',
  'oauth_timestamp',
  'oauth_nonce',
  'oauth_version',
  'oauth_callback',
  'oauth_verifier',
])

/**
 * @throws OAuth1Problem for the first thing that is wrong: encoding, unknown or missing parameters, version, realm,
 *   clock, client, token, signature, and last the nonce, so that a forger cannot spend it.
 */
export function verifyRequest(verifier: Verifier, request: ReceivedRequest): Map<string, string> {
  const header = parseAuthorizationHeader(request.authorization)
  const need = (name: string): string => {
    const value = header.get(name)
    if (!value) throw new OAuth1Problem(400, 'parameter_absent', name)
    return value
  }
  for (const name of header.keys()) {
    if (!PROTOCOL.has(name)) throw new OAuth1Problem(400, 'parameter_rejected', `${name} is not known`)
  }
  const client_id = need('oauth_consumer_key')
  const method = need('oauth_signature_method') as OAuth1SignatureMethod
  const [signature, timestamp, nonce] = [need('oauth_signature'), need('oauth_timestamp'), need('oauth_nonce')]
  if (header.has('oauth_version') && header.get('oauth_version') !== '1.0') {
    throw new OAuth1Problem(400, 'version_rejected', 'oauth_version')
  }
  if (verifier.realm !== null && header.get('realm') !== verifier.realm) {
    throw new OAuth1Problem(401, 'parameter_rejected', 'another realm')
  }
  if (!verifier.signature_methods.includes(method)) {
    throw new OAuth1Problem(400, 'signature_method_rejected', method)
  }
  if (!/^[1-9]\d*$/.test(timestamp) || Math.abs(Number(timestamp) - verifier.now().getTime() / 1000) > TOLERANCE) {
    throw new OAuth1Problem(401, 'timestamp_refused', timestamp)
  }
  const client_secret = verifier.clientSecret(client_id)
  if (client_secret === undefined) throw new OAuth1Problem(401, 'consumer_key_unknown', client_id)
  const token = header.get('oauth_token')
  const token_secret = token === undefined ? '' : verifier.tokenSecret(client_id, token)
  if (token_secret === undefined) throw new OAuth1Problem(401, 'token_rejected', 'another client, or spent')

  const key = `${encodeStrictly(client_secret)}&${encodeStrictly(token_secret)}`
  if (!sameBytes(signature, sign(method, key, baseString(request, header)))) {
    throw new OAuth1Problem(401, 'signature_invalid', 'the signature is another')
  }
  if (!verifier.takeNonce([client_id, token ?? '', timestamp, nonce].join('\n'))) {
    throw new OAuth1Problem(401, 'nonce_used', 'this nonce came before')
  }
  return header
}

function sign(method: OAuth1SignatureMethod, key: string, base: string): string {
  if (method === 'PLAINTEXT') return key
  return createHmac(method === 'HMAC-SHA1' ? 'sha1' : 'sha256', key)
    .update(base)
    .digest('base64')
}

/** RFC 5849 §3.4.1, from the raw request. */
function baseString(request: ReceivedRequest, header: Map<string, string>): string {
  const pairs = [...header].filter(([name]) => name !== 'realm' && name !== 'oauth_signature')
  pairs.push(...readForm(request.url.search.slice(1)))
  if (request.content_type?.startsWith('application/x-www-form-urlencoded')) pairs.push(...readForm(request.body))
  const sorted = pairs
    .map(([name, value]) => [Buffer.from(encodeStrictly(name)), Buffer.from(encodeStrictly(value))] as const)
    .sort((left, right) => Buffer.compare(left[0], right[0]) || Buffer.compare(left[1], right[1]))
  const parameters = sorted.map(([name, value]) => `${name}=${value}`).join('&')
  const { protocol, hostname, port, pathname } = request.url
  const address = `${protocol}//${hostname}${port === '' ? '' : `:${port}`}${pathname}`
  return `${request.method}&${encodeStrictly(address)}&${encodeStrictly(parameters)}`
}

function readForm(form: string): [string, string][] {
  const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))
  return form
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return [decode(name), decode(value.join('='))]
    })
}

function sameBytes(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
