import { OAuthError, type OAuthErrorCode, type ProviderError, type Verdict } from './errors.ts'
import { isJsonObject, type JsonObject } from './json.ts'
import { readJsonPointer } from './json-pointer.ts'
import { STANDARD_READING, type TokenResponseReading } from './provider-behaviour.ts'
import { providerText } from './provider-text.ts'
import type { TokenPhase } from './token-response.ts'

/** RFC 6749 §4.1.2.1 names these; some token endpoints send them with a 4xx. */
const TRANSIENT = new Set<string | null>(['temporarily_unavailable', 'server_error'])

/** What an `invalid_grant` says in each phase, and what helps. */
const INVALID_GRANT: Record<TokenPhase, string> = {
  authorization_code: 'The provider did not accept the authorization code. Authorize again.',
  refresh_token: 'The provider no longer accepts this grant. Authorize again.',
  client_credentials: 'The provider does not accept these client credentials. Enter them again.',
  password: 'The provider does not accept this user name and password. Enter them again.',
  device_code: 'The provider did not accept the device code. Start again.',
  jwt_bearer: 'The provider did not accept the assertion. Check its key, subject and audience.',
  token_exchange: 'The provider did not accept the token to exchange. Authorize again.',
}

/**
 * The error of a token endpoint (RFC 6749 §5.2) with its verdict. Only `invalid_grant` from a 4xx means that the person
 * must come back: a provider in trouble (5xx, 429, 408) may say anything, and a 200 is not an error response at all.
 *
 * `reply` is null when the body could not be read.
 */
export function tokenError(
  status: number,
  reply: JsonObject | null,
  phase: TokenPhase,
  { error: pointers, verdicts }: Pick<TokenResponseReading, 'error' | 'verdicts'> = STANDARD_READING,
  retry_after: number | null = null,
): OAuthError {
  const provider_error = readProviderError(status, reply, pointers)
  const details = { provider_error, retry_after, verdict: 'integration_broken' as Verdict }
  const said = provider_error.error ?? `HTTP ${status}`
  const declared = verdicts.get(provider_error.error ?? '')
  if (isTransient(provider_error) || declared === 'transient') {
    return new OAuthError('token_request_failed', `The provider cannot answer now (${said}). It will be tried again.`, {
      ...details,
      verdict: 'transient',
    })
  }
  const code = declared === undefined ? codeOf(provider_error.error) : DECLARED_CODES[declared]
  if (code === 'invalid_grant' && (status >= 400 || declared === 'reauthorize')) {
    return new OAuthError(code, INVALID_GRANT[phase], { ...details, verdict: 'reauthorize' })
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

const DECLARED_CODES: Record<Exclude<Verdict, 'transient'>, OAuthErrorCode> = {
  reauthorize: 'invalid_grant',
  integration_broken: 'invalid_client',
  connector_broken: 'token_request_failed',
}

function codeOf(error: string | null): OAuthErrorCode {
  if (error === 'invalid_grant') return 'invalid_grant'
  return isClientRefused(error) ? 'invalid_client' : 'token_request_failed'
}

export function isTransient({ status, error }: ProviderError): boolean {
  return status >= 500 || status === 429 || status === 408 || TRANSIENT.has(error)
}

export function isClientRefused(error: string | null): boolean {
  return error === 'invalid_client' || error === 'unauthorized_client'
}

/** Whether a reply with a success status says that it failed: `{"ok":false}` (Slack), `{"error":"…"}` (GitHub). */
export function saysFailure(reply: JsonObject): boolean {
  const { error } = reply
  return reply.ok === false || (typeof error === 'string' && error !== '') || isJsonObject(error) || error === true
}

/** RFC 6749 §5.2 members, or the nested `error` object that API gateways send. */
export function readProviderError(
  status: number,
  reply: JsonObject | null,
  pointers: TokenResponseReading['error'] = null,
): ProviderError {
  if (pointers !== null && reply !== null) {
    const code = readJsonPointer(reply, pointers.code)
    return {
      status,
      error: providerText(typeof code === 'number' ? String(code) : code),
      error_description: pointers.description && providerText(readJsonPointer(reply, pointers.description)),
    }
  }
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

/** A reply that is no token response. */
export function malformed(message: string, field: string | null = null): OAuthError {
  return new OAuthError('malformed_response', message, { field, verdict: 'integration_broken' })
}
