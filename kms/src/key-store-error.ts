export type KeyStoreErrorCode =
  | 'key_store_misnamed'
  | 'key_store_refused'
  /** It may answer the next time. */
  | 'key_store_unavailable'
  /** What was to be unwrapped was altered, or wrapped by another key or for another context. */
  | 'data_key_damaged'

/** A key store that does not do what is asked. The message names the store and the status alone. */
export class KeyStoreError extends Error {
  override readonly name = 'KeyStoreError'
  readonly code: KeyStoreErrorCode

  constructor(code: KeyStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
