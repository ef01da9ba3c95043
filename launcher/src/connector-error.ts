export type ConnectorErrorCode =
  | 'not_found'
  | 'exited'
  | 'killed'
  | 'malformed_output'
  | 'output_too_large'
  | 'timeout'
  | 'protocol'
  | 'canceled'

export interface ConnectorErrorDetails {
  exit_code?: number | null
  stderr?: string
  cause?: unknown
}

const TRANSIENT: readonly ConnectorErrorCode[] = ['killed', 'timeout', 'canceled']

/** A run that failed. Its texts are redacted and hold no control characters. */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError'
  readonly code: ConnectorErrorCode
  readonly verdict: 'connector_broken' | 'transient'
  /** Null while the connector had not exited by itself. */
  readonly exit_code: number | null
  /** The end of what the connector wrote to stderr. */
  readonly stderr: string

  constructor(code: ConnectorErrorCode, message: string, details: ConnectorErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.code = code
    this.verdict = TRANSIENT.includes(code) ? 'transient' : 'connector_broken'
    this.exit_code = details.exit_code ?? null
    this.stderr = details.stderr ?? ''
  }
}
