import { OAuthError, type OAuthErrorCode, type ProviderError, type Verdict } from './errors.ts'
import { isJsonObject, type JsonObject } from './json.ts'
import { providerText } from './provider-text.ts'
import type { TokenPhase } from './token-response.ts'

/** RFC 6749 §4.1.2.1 names these; some token endpoints send them with a 4xx. */
const TRANSIENT = new Set<string | null>(['temporarily_unavailable', 'server_error'])

/**
 * The error of a token endpoint (RFC 6749 §5.2) with its verdict. Only `invalid_grant` from a 4xx means that the person
 * must come back: a provider in trouble (5xx, 429, 408) may say anything, and a 200 is not an error response at all.
 *
 * `reply` is null when the body could not be read.
 */
export function tokenError(status: number, reply: JsonObject | null, phase: TokenPhase): OAuthError {
  const provider_error = readProviderError(status, reply)
  const details = { provider_error, verdict: 'integration_broken' as Verdict }
  const said = provider_error.error ?? `HTTP ${status}`
  if (status >= 500 || status === 429 || status === 408 || TRANSIENT.has(provider_error.error)) {
    return new OAuthError('token_request_failed', `The provider cannot answer now (${said}). It will be tried again.`, {
      ...details,
      verdict: 'transient',
    })
  }
  const code = codeOf(provider_error.error)
  if (code === 'invalid_grant' && status >= 400) {
    const message =
      phase === 'refresh_token'
        ? 'The provider no longer accepts this grant. Authorize again.'
        : 'The provider did not accept the authorization code. Authorize again.'
    return new OAuthError(code, message, { ...details, verdict: 'reauthorize' })
  }
  if (code === 'invalid_client') {
    return new OAuthError(
      code,
      `The provider refuses this client (${said}). Check client id and secret of the integration.`,
      details,
    )
  }
  return new OAuthError(code, `The provider refused the token request (${said}).`, details)
}

function codeOf(error: string | null): OAuthErrorCode {
  if (error === 'invalid_grant') return 'invalid_grant'
  return error === 'invalid_client' || error === 'unauthorized_client' ? 'invalid_client' : 'token_request_failed'
}

/** Whether a reply with a success status says that it failed: `{"ok":false}` (Slack), `{"error":"…"}` (GitHub). */
export function saysFailure(reply: JsonObject): boolean {
  const { error } = reply
  return reply.ok === false || (typeof error === 'string' && error !== '') || isJsonObject(error) || error === true
}

/** RFC 6749 §5.2 members, or the nested `error` object that API gateways send. */
function readProviderError(status: number, reply: JsonObject | null): ProviderError {
  const nested = isJsonObject(reply?.error) ? reply.error : null
  const source = nested ?? reply
  return {
    status,
    error: firstText(nested ? [nested.error, nested.code, nested.type, nested.status] : [reply?.error]),
    error_description: firstText([source?.error_description, source?.message, source?.error_message]),
  }
}

function firstText(values: unknown[]): string | null {
  return providerText(values.find((value) => typeof value === 'string' && value !== ''))
}
