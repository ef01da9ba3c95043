import { OAuthError } from './errors.ts'
import { readReply } from './reply.ts'
import { isTransient, readProviderError, saysFailure } from './token-error.ts'
import type { TokenEndpointResponse } from './token-response.ts'

/**
 * Reads the reply to `buildTestCall`: any success status proves the token (RFC 6750 §3.1 names the others).
 *
 * @throws OAuthError `invalid_grant` when the API refuses the token, `request_failed` with its verdict otherwise.
 */
export function readTestCallResponse(response: TokenEndpointResponse): void {
  const { status } = response
  const reply = readReply(response)
  const saysNo = reply !== null && saysFailure(reply)
  if (status >= 200 && status < 300 && !saysNo) return
  const provider_error = readProviderError(status, reply)
  const said = provider_error.error ?? `HTTP ${status}`
  if (isTransient(provider_error)) {
    const message = `The provider cannot answer the test call now (${said}). Try again later.`
    throw new OAuthError('request_failed', message, { provider_error, verdict: 'transient' })
  }
  if (status === 401 || status === 403 || (status < 300 && saysNo)) {
    const message = `The provider's API does not accept this token (${said}). Authorize again.`
    throw new OAuthError('invalid_grant', message, { provider_error, verdict: 'reauthorize' })
  }
  throw new OAuthError('request_failed', `The provider refused the test call (${said}).`, {
    provider_error,
    verdict: 'connector_broken',
  })
}
