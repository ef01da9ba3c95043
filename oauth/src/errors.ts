/** What a failure means for the connection (design, section 2). */
export type Verdict = 'transient' | 'reauthorize' | 'integration_broken' | 'connector_broken'

export type OAuthErrorCode =
  /** The OAuth spec cannot be compiled; `findings` lists every reason. */
  | 'invalid_spec'
  /** A template gives no well-formed URL, body or header whatever the values. */
  | 'invalid_template'
  /** A value does not fit the place that a template gives it; `field` names it. */
  | 'refused_value'
  /** An address that must not be called: scheme, port, user info, private network, redirect. */
  | 'refused_url'
  | 'state_mismatch'
  | 'issuer_mismatch'
  /** The person (or their administrator) said no at the provider. */
  | 'access_denied'
  /** The authorization response carries any other error (RFC 6749 §4.1.2.1). */
  | 'authorization_failed'
  | 'invalid_grant'
  | 'invalid_client'
  | 'token_request_failed'
  /** Another endpoint of the provider said no: discovery, registration, PAR, device authorization, revocation, … */
  | 'request_failed'
  /** The provider's metadata names no such endpoint. */
  | 'not_offered'
  /** The device code is over (RFC 8628 §3.5). */
  | 'expired_token'
  /** A pushed request was used or is over (RFC 9126 §2.2); push it anew. */
  | 'request_uri_spent'
  /** The key that the tokens are bound to is gone (RFC 9449). */
  | 'dpop_key_lost'
  /** The token is not bound to the key though DPoP was promised. */
  | 'dpop_not_bound'
  | 'malformed_response'
  | 'unreachable'
  | 'timeout'
  | 'response_too_large'

/** A provider's own words, stripped of control characters and cut to a readable length. */
export interface ProviderError {
  /** HTTP status; 0 for an authorization response, which has none. */
  status: number
  error: string | null
  error_description: string | null
}

export interface SpecFinding {
  /** JSON pointer into the spec, in its author's spelling. */
  pointer: string
  /** In Flow specs a rule of `LINT_RULES`. */
  rule: string
  message: string
}

export interface OAuthErrorDetails {
  verdict?: Verdict | null
  field?: string | null
  provider_error?: ProviderError | null
  findings?: SpecFinding[]
  /** Seconds, as the provider asked (`Retry-After`, RFC 9110 §10.2.3). */
  retry_after?: number | null
  cause?: unknown
}

/** The one error of this engine. Its message never holds a value, only the names of fields and hosts. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode
  readonly verdict: Verdict | null
  /** The template variable, spec field or parameter at fault. */
  readonly field: string | null
  readonly provider_error: ProviderError | null
  readonly findings: SpecFinding[]
  /** Seconds to wait, where the provider said so. */
  readonly retry_after: number | null

  constructor(code: OAuthErrorCode, message: string, details: OAuthErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'OAuthError'
    this.code = code
    this.verdict = details.verdict ?? null
    this.field = details.field ?? null
    this.provider_error = details.provider_error ?? null
    this.findings = details.findings ?? []
    this.retry_after = details.retry_after ?? null
  }
}
