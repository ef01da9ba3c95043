// Dynamic client registration (RFC 7591).

import { CLIENT_AUTHENTICATION_METHODS } from '../client-authentication/authenticate-client.ts'
import type { AuthorizationServer } from '../discovery/authorization-server.ts'
import { malformedReply, readEndpointReply } from '../endpoint-error.ts'
import { OAuthError } from '../errors.ts'
import { endpointUrl, type StandardClient } from '../grants/endpoint-request.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { type Secret, secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import type { TokenEndpointResponse } from '../token-response.ts'

/** Client metadata (RFC 7591 §2) under its own names; further members go along. */
export interface ClientRegistration extends JsonObject {
  redirect_uris: string[]
}

/** A client that the server made. `signing_key` and `client_certificate` are for the caller to add. */
export interface RegisteredClient extends StandardClient {
  /** Null when the secret does not expire. */
  client_secret_expires_at: Date | null
  /** For RFC 7592, with its address; null when the server lets nobody change the registration. */
  registration_access_token: Secret | null
  registration_client_uri: string | null
  /** Everything that the server registered, which may differ from what was asked for (§3.2.1). */
  metadata: Secret<JsonObject>
}

const REQUEST = 'the registration request'

/** Builds a registration request (§3.1); with an initial access token where the server does not register everybody. */
export function buildRegistrationRequest(
  server: AuthorizationServer,
  registration: ClientRegistration,
  { initial_access_token }: { initial_access_token?: Secret } = {},
): TokenRequest {
  const authorization = initial_access_token && { authorization: `Bearer ${initial_access_token.reveal()}` }
  return {
    method: 'POST',
    url: endpointUrl(server, 'registration_endpoint', 'none'),
    headers: { accept: 'application/json', 'content-type': 'application/json', ...authorization },
    body: JSON.stringify(registration),
  }
}

/**
 * Reads a registration response (§3.2.1, §3.2.2).
 *
 * @throws OAuthError `request_failed` with the server's reason; `malformed_response` without a usable client;
 *   `refused_value` when the server registered other redirect URIs than were asked for.
 */
export function readRegistrationResponse(
  registration: ClientRegistration,
  response: TokenEndpointResponse,
): RegisteredClient {
  const reply = readEndpointReply(response, REQUEST, [201, 200])
  const client_id = readText(reply.client_id)
  if (client_id === null) throw malformedReply(REQUEST, 'client_id')
  const client_secret = readText(reply.client_secret)
  const token_endpoint_auth_method = readMethod(reply.token_endpoint_auth_method, client_secret)
  if (client_secret === null && token_endpoint_auth_method.startsWith('client_secret')) {
    throw malformedReply(REQUEST, 'client_secret')
  }
  requireRedirects(registration.redirect_uris, reply.redirect_uris)
  return {
    client_id,
    client_secret: client_secret === null ? null : secret(client_secret),
    token_endpoint_auth_method,
    client_secret_expires_at: readExpiry(reply.client_secret_expires_at),
    registration_access_token: secretOrNull(reply.registration_access_token),
    registration_client_uri: readText(reply.registration_client_uri),
    metadata: secret(reply),
  }
}

/** §2: Basic unless stated; a client without secret that states nothing is a public one. */
function readMethod(
  value: JsonValue | undefined,
  client_secret: string | null,
): StandardClient['token_endpoint_auth_method'] {
  if (value === undefined || value === null) return client_secret === null ? 'none' : 'client_secret_basic'
  const method = CLIENT_AUTHENTICATION_METHODS.find((known) => known === value)
  if (method === undefined) throw malformedReply(REQUEST, 'token_endpoint_auth_method')
  return method
}

function requireRedirects(asked: string[], given: JsonValue | undefined): void {
  if (given === undefined || given === null) return
  if (Array.isArray(given) && asked.every((uri) => given.includes(uri))) return
  throw new OAuthError('refused_value', 'The provider registered other redirect URIs than were asked for.', {
    field: 'redirect_uris',
    verdict: 'integration_broken',
  })
}

function readText(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && /^[\x20-\x7e]{1,8192}$/.test(value) ? value : null
}

function secretOrNull(value: JsonValue | undefined): Secret | null {
  const text = readText(value)
  return text === null ? null : secret(text)
}

/** §3.2.1: 0 means never. */
function readExpiry(value: JsonValue | undefined): Date | null {
  const date = new Date(Number(value) > 0 ? Number(value) * 1000 : Number.NaN)
  return Number.isNaN(date.getTime()) ? null : date
}
