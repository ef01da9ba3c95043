export type SealingErrorCode =
  | 'master_key_missing'
  | 'master_key_unreadable'
  | 'master_key_foreign'
  | 'data_key_unknown'
  | 'sealed_data_damaged'

export class SealingError extends Error {
  readonly code: SealingErrorCode

  constructor(code: SealingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SealingError'
    this.code = code
  }
}
