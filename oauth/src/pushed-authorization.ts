// Pushed authorization requests (RFC 9126): the parameters go straight to the server, the browser carries a reference.

import type { AuthorizationServer } from './discovery/authorization-server.ts'
import { malformedReply, readEndpointReply } from './endpoint-error.ts'
import { OAuthError } from './errors.ts'
import { withQuery } from './grants/authorization-code.ts'
import { buildEndpointRequest, endpointUrl, type RequestTime, type StandardClient } from './grants/endpoint-request.ts'
import type { Sender } from './grants/sender.ts'
import type { TokenRequest } from './token-request.ts'
import type { TokenEndpointResponse } from './token-response.ts'

const REQUEST = 'the pushed authorization request'

/** Seconds, for a server that does not state its own; §2.2 suggests 5 to 600. */
const DEFAULT_LIFETIME = 60

/**
 * Builds a pushed authorization request (§2.1) out of the address that any plan's `buildAuthorizationRequest` gives.
 *
 * @throws OAuthError `refused_value` when that address carries a `request_uri` itself; `not_offered`.
 */
export function buildPushedAuthorizationRequest(
  server: AuthorizationServer,
  client: StandardClient,
  authorization_url: string,
  time: RequestTime = {},
): Promise<TokenRequest> {
  const { searchParams } = new URL(authorization_url)
  if (searchParams.has('request_uri')) {
    throw new OAuthError('refused_value', 'A pushed request cannot refer to another one.', { field: 'request_uri' })
  }
  const parameters = Object.fromEntries([...searchParams.keys()].map((name) => [name, searchParams.getAll(name)]))
  return buildEndpointRequest(server, 'pushed_authorization_request_endpoint', client, parameters, time)
}

/** A request that the server keeps, for one use within its time. */
export class PushedAuthorization {
  readonly expires_at: Date
  readonly #url: string
  #isTaken = false

  constructor(url: string, expires_at: Date) {
    this.#url = url
    this.expires_at = expires_at
  }

  /**
   * The address to send the browser to. It is given out once.
   *
   * @throws OAuthError `request_uri_spent` the second time and after `expires_at`: push the request anew.
   */
  take(now: Date = new Date()): string {
    if (this.#isTaken || now >= this.expires_at) {
      const reason = this.#isTaken ? 'was used already' : 'has expired'
      throw new OAuthError('request_uri_spent', `The pushed authorization request ${reason}. Start again.`, {
        field: 'request_uri',
      })
    }
    this.#isTaken = true
    return this.#url
  }
}

/**
 * Reads the response to a pushed authorization request (§2.2, §2.3).
 *
 * @throws OAuthError `request_failed`, `invalid_client`, `malformed_response`.
 */
export function readPushedAuthorizationResponse(
  server: AuthorizationServer,
  client: StandardClient,
  response: TokenEndpointResponse,
  { now }: { now: Date },
): PushedAuthorization {
  const { request_uri, expires_in } = readEndpointReply(response, REQUEST, [201, 200])
  if (typeof request_uri !== 'string' || !/^[\x21-\x7e]{1,2048}$/.test(request_uri)) {
    throw malformedReply(REQUEST, 'request_uri')
  }
  const lifetime = Number(expires_in) > 0 ? Number(expires_in) : DEFAULT_LIFETIME
  const expires_at = new Date(now.getTime() + Math.min(lifetime, 86_400) * 1000)
  const endpoint = endpointUrl(server, 'authorization_endpoint', 'none')
  return new PushedAuthorization(withQuery(endpoint, { client_id: client.client_id, request_uri }), expires_at)
}

/**
 * Where to send the browser for an authorization request: by reference where the server takes pushed requests, else with
 * the parameters in the address. Each call pushes anew. When a push fails so does this; the parameters never travel by
 * the browser instead (S53).
 */
export async function prepareAuthorization(
  send: Sender,
  server: AuthorizationServer,
  client: StandardClient,
  { url }: { url: string },
  { now = new Date() }: RequestTime = {},
): Promise<{ url: string; expires_at: Date | null }> {
  const isOffered = server.pushed_authorization_request_endpoint || server.require_pushed_authorization_requests
  if (!isOffered) return { url, expires_at: null }
  const response = await send(() => buildPushedAuthorizationRequest(server, client, url, { now }))
  const pushed = readPushedAuthorizationResponse(server, client, response, { now })
  return { url: pushed.take(now), expires_at: pushed.expires_at }
}
