export type SopsErrorCode = 'sops_tampered' | 'sops_unsupported' | 'sops_no_key' | 'sops_invalid'

/** A sops document that cannot be opened or written. The message names places and keys' names, never a value. */
export class SopsError extends Error {
  override readonly name = 'SopsError'
  readonly code: SopsErrorCode

  constructor(code: SopsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
