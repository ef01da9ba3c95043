// The one way out: every outbound call of the broker goes through here (design, section 3, "Egress").

import type { LookupFunction } from 'node:net'
import { createSecureContext } from 'node:tls'
import { Agent, request as send } from 'undici'
import { checkedLookup, checkLiteralAddress } from './checked-lookup.ts'
import type { ClientCertificate } from './client-authentication/authenticate-client.ts'
import { RESERVED_HEADERS } from './compile-request.ts'
import { OAuthError } from './errors.ts'
import { readBody } from './response-body.ts'
import type { TokenRequest } from './token-request.ts'
import type { TokenEndpointResponse } from './token-response.ts'
import { checkUrl, type UrlPolicy } from './url-policy.ts'

export interface GuardedFetchOptions {
  /** Development switch: http and https, on any port, to localhost and loopback addresses. */
  allow_loopback: boolean
  /** Wall clock for the whole exchange, name resolution and body included. Default 15 seconds. */
  timeout_ms?: number
  /** Cap on the body, before and after decompression. Default 1 MiB. */
  max_bytes?: number
  /** Ports besides 443. */
  allowed_ports?: number[]
  /** Name resolution; `dns.lookup` unless given. Its answers are checked either way. */
  lookup?: LookupFunction
  /** Certificates to trust instead of Node's own, in PEM. */
  ca?: string
}

export interface SendOptions {
  signal?: AbortSignal
  /** Only status and headers count: the body is left unread, whatever it is, and `body` is empty. */
  leave_body?: boolean
}

export type GuardedFetch = (request: TokenRequest, options?: SendOptions) => Promise<TokenEndpointResponse>

/**
 * A fetch for token requests that reaches only https on the public internet. The address is checked after resolution and
 * connected to as checked; redirects are refused, so that a body with secrets is never sent twice; time and size are
 * bounded; proxy variables of the environment do not apply.
 *
 * The returned function throws OAuthError `refused_url`, `unreachable`, `timeout`, `response_too_large` or
 * `malformed_response`; messages name the host and nothing else. An aborted `signal` throws its own reason.
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const { allow_loopback, timeout_ms = 15_000, max_bytes = 1_048_576, allowed_ports = [], ca } = options
  const connect = { lookup: checkedLookup(options.lookup), timeout: timeout_ms, ...(ca !== undefined && { ca }) }
  const limits = { allowH2: false, connections: 64, headersTimeout: timeout_ms, bodyTimeout: timeout_ms }
  const agent = new Agent({ ...limits, connect })

  return async (request, { signal, leave_body = false } = {}) => {
    const url = checkOutboundUrl(request.url, { allow_loopback, allowed_ports })
    const deadline = AbortSignal.timeout(timeout_ms)
    const certified = request.client_certificate
      ? new Agent({ ...limits, connect: { ...connect, ...tlsOptions(request.client_certificate, url) } })
      : null
    try {
      const response = await send(url, {
        dispatcher: certified ?? agent,
        // undici checks the method against RFC 9110's token itself.
        method: request.method as 'POST',
        headers: { ...checkHeaders(request.headers), 'accept-encoding': 'gzip' },
        body: request.body,
        signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
      })
      // A body that is dropped unread emits an error that nobody waits for; one that is read still throws there.
      response.body.on('error', () => {})
      const headers = new Headers()
      for (const [name, values] of Object.entries(response.headers)) {
        for (const value of [values ?? []].flat()) headers.append(name, value)
      }
      if (response.statusCode >= 300 && response.statusCode < 400) {
        response.body.destroy()
        throw new OAuthError('refused_url', `${url.hostname} answered with a redirect, which is not followed.`, {
          verdict: 'integration_broken',
        })
      }
      if (leave_body) {
        await leave(response.body)
        return { status: response.statusCode, headers, body: '' }
      }
      const body = await readBody(response.body, headers.get('content-encoding'), { max_bytes, hostname: url.hostname })
      return { status: response.statusCode, headers, body }
    } catch (error) {
      if (signal?.aborted) throw signal.reason
      throw deadline.aborted ? timedOut(url.hostname, timeout_ms) : transportError(error, url.hostname)
    } finally {
      // A connection that proves one client must not serve another.
      await certified?.destroy()
    }
  }
}

const LEFT_BYTES = 65_536
const LEFT_MS = 1000

/** A short body is read away, so that the connection can be used again; what is longer or slow is cut off. */
async function leave(body: { dump(options: { limit: number; signal: AbortSignal }): Promise<void> }): Promise<void> {
  await body.dump({ limit: LEFT_BYTES, signal: AbortSignal.timeout(LEFT_MS) }).catch(() => {})
}

/**
 * Refuses what a guarded fetch would not call, as far as the address alone tells: whoever enters one learns it at once.
 *
 * @throws OAuthError `refused_url`, naming only the host
 */
export function checkOutboundUrl(address: string, policy: Pick<UrlPolicy, 'allow_loopback' | 'allowed_ports'>): URL {
  const url = URL.parse(address)
  if (url === null) throw new OAuthError('refused_url', 'The address to call is not a URL.')
  checkUrl(url, policy)
  checkLiteralAddress(url.hostname)
  return url
}

/** RFC 8705 §2. */
function tlsOptions({ certificate, private_key }: ClientCertificate, url: URL): { cert: string; key: string } {
  if (url.protocol !== 'https:') {
    throw new OAuthError('refused_url', 'A client certificate can be shown over https only.', { field: 'certificate' })
  }
  try {
    createSecureContext({ cert: certificate, key: private_key.reveal() })
  } catch {
    const message =
      'The client certificate and its private key cannot be used. Give the integration a matching pair in PEM.'
    throw new OAuthError('refused_value', message, { field: 'client_certificate', verdict: 'integration_broken' })
  }
  return { cert: certificate, key: private_key.reveal() }
}

function checkHeaders(headers: Record<string, string>): Record<string, string> {
  for (const [name, value] of Object.entries(headers)) {
    if (RESERVED_HEADERS.has(name.toLowerCase()) || !/^[\x20-\x7e\t]*$/.test(value)) {
      throw new OAuthError('refused_value', `The header ${name} cannot be sent.`, { field: name })
    }
  }
  return headers
}

function timedOut(hostname: string, timeout_ms: number): OAuthError {
  return new OAuthError('timeout', `${hostname} did not answer within ${timeout_ms} ms.`, { verdict: 'transient' })
}

/** Keeps only the error's code: undici's errors may hold parts of the request or the reply. */
function transportError(error: unknown, hostname: string): OAuthError {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof OAuthError) return cause
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new OAuthError('response_too_large', `${hostname} sent more headers than are read.`, {
      verdict: 'transient',
      cause: { code },
    })
  }
  return new OAuthError('unreachable', `${hostname} cannot be reached (${code}).`, {
    verdict: 'transient',
    cause: { code },
  })
}
