// The device authorization request and response (RFC 8628 §3.1, §3.2).

import type { AuthorizationServer } from '../discovery/authorization-server.ts'
import { malformedReply, readEndpointReply } from '../endpoint-error.ts'
import type { JsonValue } from '../json.ts'
import { type Secret, secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import type { TokenEndpointResponse } from '../token-response.ts'
import { checkUrl, type UrlPolicy } from '../url-policy.ts'
import { buildEndpointRequest, checkResources, type RequestTime, type StandardClient } from './endpoint-request.ts'

export interface DeviceAuthorization {
  device_code: Secret
  /** What the person types in at `verification_uri`. */
  user_code: string
  verification_uri: string
  /** The address with the code in it, for a QR code; null when the provider sends none. */
  verification_uri_complete: string | null
  expires_at: Date
  /** Seconds to wait between token requests. */
  interval: number
}

const REQUEST = 'the device authorization request'

/** RFC 8628 §3.2: five seconds when the provider says nothing. */
const DEFAULT_INTERVAL = 5
const MAX_INTERVAL = 300
/** Providers must state a lifetime; one that does not gets the RFC's own example. */
const DEFAULT_LIFETIME = 1800

export function buildDeviceAuthorizationRequest(
  server: AuthorizationServer,
  client: StandardClient,
  { scope, resource }: { scope?: string; resource?: string | string[] } = {},
  time: RequestTime = {},
): Promise<TokenRequest> {
  const parameters = { scope, resource: checkResources(resource) }
  return buildEndpointRequest(server, 'device_authorization_endpoint', client, parameters, time)
}

/**
 * Reads a device authorization response. Google's older spelling `verification_url` is understood.
 *
 * @throws OAuthError `request_failed`, `invalid_client`, `malformed_response`; `refused_url` when the person would be sent
 *   to an address that is not https.
 */
export function readDeviceAuthorizationResponse(
  response: TokenEndpointResponse,
  { now, policy }: { now: Date; policy: Omit<UrlPolicy, 'allowed_hosts'> },
): DeviceAuthorization {
  const reply = readEndpointReply(response, REQUEST, [200])
  const address = (name: string, value: JsonValue | undefined): string => {
    if (typeof value !== 'string' || !URL.canParse(value)) throw malformedReply(REQUEST, name)
    checkUrl(new URL(value), policy)
    return value
  }
  const complete = reply.verification_uri_complete ?? reply.verification_url_complete
  return {
    device_code: secret(readCode('device_code', reply.device_code)),
    user_code: readCode('user_code', reply.user_code),
    verification_uri: address('verification_uri', reply.verification_uri ?? reply.verification_url),
    verification_uri_complete: complete ? address('verification_uri_complete', complete) : null,
    expires_at: new Date(now.getTime() + seconds(reply.expires_in, DEFAULT_LIFETIME, 86_400) * 1000),
    interval: seconds(reply.interval, DEFAULT_INTERVAL, MAX_INTERVAL),
  }
}

function readCode(name: string, value: JsonValue | undefined): string {
  if (typeof value === 'string' && value.length <= 4096 && /^[\x20-\x7e]+$/.test(value)) return value
  throw malformedReply(REQUEST, name)
}

function seconds(value: JsonValue | undefined, fallback: number, max: number): number {
  const number = typeof value === 'string' ? Number.parseFloat(value) : value
  return typeof number === 'number' && number > 0 ? Math.min(Math.ceil(number), max) : fallback
}
