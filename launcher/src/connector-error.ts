export type ConnectorErrorCode =
  /** The program could not be started. */
  | 'not_found'
  /** It ended with another exit code than 0. */
  | 'exited'
  /** It ended by a signal, or closed its output in the middle. */
  | 'killed'
  | 'malformed_output'
  | 'output_too_large'
  | 'timeout'
  /** It said what its protocol does not allow. */
  | 'protocol'
  | 'canceled'
  /** It said by itself that it failed. */
  | 'failed'
  /** It said that it cannot work with this config: credentials or settings must be mended. */
  | 'refused'
  /** It ended as if all were well, but did not finish what it was asked for. */
  | 'incomplete'
  /** The destination cannot take what it is to be given: a collection's key, fields or reductions do not do. */
  | 'unsuitable'
  /** Connectors of this protocol do not have the operation. */
  | 'not_offered'

/** What the failure means: try again, have the person come back, or mend the connector. */
export type ConnectorVerdict = 'transient' | 'reauthorize' | 'connector_broken'

export interface ConnectorErrorDetails {
  exit_code?: number | null
  stderr?: string
  cause?: unknown
  /** Where the connector itself says more than the code does. */
  verdict?: ConnectorVerdict
}

const VERDICTS: Partial<Record<ConnectorErrorCode, ConnectorVerdict>> = {
  killed: 'transient',
  timeout: 'transient',
  canceled: 'transient',
  refused: 'reauthorize',
}

/** A run that failed. Its texts are redacted and hold no control characters. */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError'
  readonly code: ConnectorErrorCode
  readonly verdict: ConnectorVerdict
  /** Null while the connector had not exited by itself. */
  readonly exit_code: number | null
  /** The end of what the connector wrote to stderr. */
  readonly stderr: string

  constructor(code: ConnectorErrorCode, message: string, details: ConnectorErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.code = code
    this.verdict = details.verdict ?? VERDICTS[code] ?? 'connector_broken'
    this.exit_code = details.exit_code ?? null
    this.stderr = details.stderr ?? ''
  }
}
