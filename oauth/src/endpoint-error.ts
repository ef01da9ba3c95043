import { OAuthError } from './errors.ts'
import type { JsonObject } from './json.ts'
import { readReply } from './reply.ts'
import { isClientRefused, isTransient, readProviderError, saysFailure } from './token-error.ts'
import type { TokenEndpointResponse } from './token-response.ts'

/**
 * Reads the reply of an endpoint other than the token endpoint, which answers success by `expected` alone.
 *
 * @throws OAuthError `invalid_client`, `request_failed`, or `malformed_response`, with its verdict; `what` is the request in
 *   words, such as "the revocation request".
 */
export function readEndpointReply(response: TokenEndpointResponse, what: string, expected: number[]): JsonObject {
  const reply = readReply(response)
  if (!expected.includes(response.status)) throw endpointError(response.status, reply, what)
  if (reply === null) throw malformedReply(what, null)
  if (saysFailure(reply)) throw endpointError(response.status, reply, what)
  return reply
}

export function endpointError(status: number, reply: JsonObject | null, what: string): OAuthError {
  const provider_error = readProviderError(status, reply)
  const said = provider_error.error ?? `HTTP ${status}`
  if (isTransient(provider_error)) {
    const message = `The provider cannot answer ${what} now (${said}). Try again later.`
    return new OAuthError('request_failed', message, { provider_error, verdict: 'transient' })
  }
  const details = { provider_error, verdict: 'integration_broken' as const }
  if (isClientRefused(provider_error.error)) {
    const message = `The provider refuses this client (${said}). Check client id and secret of the integration.`
    return new OAuthError('invalid_client', message, details)
  }
  return new OAuthError('request_failed', `The provider refused ${what} (${said}).`, details)
}

/** `field` names the member that is missing or unusable. */
export function malformedReply(what: string, field: string | null): OAuthError {
  const reason = field === null ? 'with something else than a JSON object' : `without a usable ${field}`
  return new OAuthError('malformed_response', `The provider answered ${what} ${reason}.`, {
    field,
    verdict: 'integration_broken',
  })
}
