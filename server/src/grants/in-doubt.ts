// A reply that never came: the provider may have rotated the refresh token, and then the one we hold is spent (RFC 9700
// §4.14.2). What may be tried is the provider's declared policy, and the honest answer may be to wait.
import { OAuthError, type RefreshPolicy } from '@sluice/oauth'

/** A grace period is over for us a little early: our request needs time to arrive. */
const GRACE_MARGIN_SECONDS = 2

/**
 * What to do with a grant after an attempt of unknown end.
 *
 * - `retry`: the old refresh token still works, or is worth a try because nothing more can be lost by it.
 * - `wait`: showing a spent refresh token makes this provider revoke the whole grant, the access token that still works
 *   included; until that has expired nothing is tried.
 */
export function moveInDoubt(
  policy: RefreshPolicy,
  { seconds, access_token_alive }: { seconds: number; access_token_alive: boolean },
): 'retry' | 'wait' {
  if (policy.rotation === 'never' || policy.reuse !== 'revokes_grant') return 'retry'
  if (seconds < policy.grace_seconds - GRACE_MARGIN_SECONDS) return 'retry'
  return access_token_alive ? 'wait' : 'retry'
}

/** Errors of a connection that was never made, so that no request left. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])
/** A gateway speaks here for a provider that may have done its work (RFC 9110 §15.6.3, §15.6.5). */
const GATEWAY_STATUSES = new Set([502, 504])
const UNREADABLE = new Set(['timeout', 'response_too_large', 'malformed_response'])

/** Whether the provider may have issued tokens that we did not get. */
export function replyMayBeLost(error: unknown): boolean {
  if (!(error instanceof OAuthError)) return true
  if (error.code === 'unreachable') return !NOT_SENT.has(codeOf(error.cause))
  if (GATEWAY_STATUSES.has(error.provider_error?.status ?? 0)) return true
  return UNREADABLE.has(error.code)
}

function codeOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : ''
}
