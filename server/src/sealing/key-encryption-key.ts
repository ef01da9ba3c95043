/** A key-encryption key, which wraps the tenants' data keys. Where it lies is its store's affair. */
export interface KeyEncryptionKey {
  /** Names the key in the rows of what it wrapped; stays the same for all versions that its store opens by itself. */
  readonly id: string
  /** Wraps 32 bytes for one tenant: for another one it does not unwrap. */
  wrap(key: Buffer, tenantId: string): Promise<string>
  /** @throws SealingError `data_key_damaged`, `key_store_refused`, `key_store_unavailable` */
  unwrap(wrapped: string, tenantId: string): Promise<Buffer>
  /** Makes a data key, where the store has a generator of its own. */
  generate?(tenantId: string): Promise<{ key: Buffer; wrapped: string }>
}

/** A place that holds key-encryption keys: a file, a cloud's key management, Vault. */
export interface KeyStore {
  /** For people, with nothing secret: `the file /data/master-key.json`. */
  readonly name: string
  /** The one that wraps. */
  current(): KeyEncryptionKey
  /** Every key that unwraps. */
  keys(): KeyEncryptionKey[]
  /** Reads again what may have changed since. */
  reload?(): Promise<void>
  /** Makes a new current key, where that is ours to do; the earlier ones still unwrap. */
  renew?(): Promise<void>
  /** Drops every key that is neither current nor listed. */
  forget?(neededIds: string[]): Promise<void>
}
