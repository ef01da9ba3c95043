export type SealingErrorCode =
  | 'master_key_missing'
  | 'master_key_unreadable'
  | 'master_key_foreign'
  | 'key_store_misnamed'
  | 'key_store_refused'
  /** It may answer the next time. */
  | 'key_store_unavailable'
  | 'data_key_unknown'
  | 'data_key_damaged'
  | 'sealed_data_damaged'

export class SealingError extends Error {
  readonly code: SealingErrorCode

  constructor(code: SealingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SealingError'
    this.code = code
  }
}
