// The device code grant (RFC 8628 §3.4, §3.5): asking for the token until the person has decided.

import type { AuthorizationServer } from '../discovery/authorization-server.ts'
import { OAuthError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import type { TokenEndpointResponse, TokenSet } from '../token-response.ts'
import type { DeviceAuthorization } from './device-authorization.ts'
import { buildEndpointRequest, type RequestTime, type StandardClient } from './endpoint-request.ts'
import { readGrantResponse } from './read-grant-response.ts'
import { readRetryAfter } from './retry-after.ts'
import type { Sender } from './sender.ts'

export type DeviceTokenResult =
  /** The person has not decided; ask again after `interval` seconds. */
  { status: 'pending'; interval: number } | { status: 'granted'; tokens: TokenSet }

/** RFC 8628 §3.5: added by each `slow_down`, for good. */
const SLOW_DOWN = 5

export function buildDeviceCodeGrant(
  server: AuthorizationServer,
  client: StandardClient,
  { device_code }: { device_code: Secret },
  time: RequestTime = {},
): Promise<TokenRequest> {
  const parameters = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: device_code.reveal() }
  return buildEndpointRequest(server, 'token_endpoint', client, parameters, time)
}

/**
 * Reads the answer to one token request. `interval` is the one last waited; `slow_down` lengthens it, as does trouble at
 * the provider (§3.5: exponential backoff), whose `Retry-After` is heeded.
 *
 * @throws OAuthError `access_denied`, `expired_token`, and what `readTokenResponse` throws.
 */
export function readDeviceTokenResponse(
  response: TokenEndpointResponse,
  { now, interval }: { now: Date; interval: number },
): DeviceTokenResult {
  try {
    return { status: 'granted', tokens: readGrantResponse(response, { now, phase: 'device_code' }) }
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    const details = { provider_error: error.provider_error, field: 'device_code' }
    switch (error.provider_error?.error) {
      case 'authorization_pending':
        return { status: 'pending', interval }
      case 'slow_down':
        return { status: 'pending', interval: interval + SLOW_DOWN }
      case 'access_denied':
      case 'authorization_declined': // Microsoft
        throw new OAuthError(
          'access_denied',
          'Access was not granted at the provider. Start again to grant it.',
          details,
        )
      case 'expired_token':
        throw expired(details)
    }
    if (error.verdict !== 'transient') throw error
    return { status: 'pending', interval: Math.max(interval * 2, readRetryAfter(response.headers, now) ?? 0) }
  }
}

export interface DevicePolling {
  send: Sender
  /** Waits that many milliseconds; rejects when the wait is called off. */
  wait: (milliseconds: number) => Promise<void>
  clock: () => Date
}

/**
 * Asks for the token at the provider's pace until the person has decided or the device code is over. A request that fails
 * on the way counts as trouble at the provider.
 *
 * @throws OAuthError `access_denied`, `expired_token`, and what `readTokenResponse` throws; whatever `wait` rejects with.
 */
export async function pollDeviceToken(
  server: AuthorizationServer,
  client: StandardClient,
  { device_code, expires_at, interval: initial }: DeviceAuthorization,
  { send, wait, clock }: DevicePolling,
): Promise<TokenSet> {
  let interval = initial
  while (clock().getTime() + interval * 1000 < expires_at.getTime()) {
    await wait(interval * 1000)
    const response = await send(() => buildDeviceCodeGrant(server, client, { device_code }, { now: clock() })).catch(
      (error: unknown) => {
        if (error instanceof OAuthError && error.verdict === 'transient') return null
        throw error
      },
    )
    if (response === null) {
      interval *= 2
      continue
    }
    const result = readDeviceTokenResponse(response, { now: clock(), interval })
    if (result.status === 'granted') return result.tokens
    interval = result.interval
  }
  throw expired({ field: 'device_code' })
}

function expired(details: { field: string }): OAuthError {
  return new OAuthError('expired_token', 'The time to enter the code is over. Start again to get a new one.', details)
}
