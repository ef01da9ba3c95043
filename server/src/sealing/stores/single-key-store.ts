import type { KeyEncryptionKey, KeyStore } from '../key-encryption-key.ts'

/** A store with one key, whose versions are the store's own affair. */
export function singleKeyStore(name: string, key: KeyEncryptionKey): KeyStore {
  return { name, current: () => key, keys: () => [key] }
}
