export type LabErrorCode = 'port_taken' | 'invalid_option' | 'invalid_state_file' | 'invalid_message' | 'consent_failed'

/** A failure of the lab itself, with a stable code; `message` is one sentence that ends in the next action. */
export class LabError extends Error {
  override name = 'LabError'
  readonly code: LabErrorCode

  constructor(code: LabErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
