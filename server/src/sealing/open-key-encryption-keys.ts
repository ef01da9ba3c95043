// Which key-encryption keys this server has: one that wraps, and others that were used before or will be next.
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { KeyEncryptionKey, KeyStore } from './key-encryption-key.ts'
import { SealingError } from './sealing-error.ts'
import { openAwsKms } from './stores/aws-kms.ts'
import { openGcpKms } from './stores/gcp-kms.ts'
import { openMasterKeyFile } from './stores/master-key-file.ts'
import { openVaultTransit } from './stores/vault-transit.ts'

export interface KeyEncryptionKeys {
  /** Where the current key lies, for people. */
  store(): string
  current(): KeyEncryptionKey
  /** @throws SealingError `master_key_foreign` */
  find(id: string): Promise<KeyEncryptionKey>
  /** Reads again what may have changed since. */
  reload(): Promise<void>
  /** Makes a new current key where that is ours to do, in our own file; elsewhere the store makes versions itself. */
  renew(): Promise<void>
  /** Drops from our own file what is neither current nor listed. */
  forget(neededIds: string[]): Promise<void>
}

export interface KeySettings {
  /** `SLUICE_KEY_ENCRYPTION_KEY`; null: the file of our own. */
  key_encryption_key: string | null
  /** `SLUICE_OTHER_KEY_ENCRYPTION_KEYS`. */
  other_key_encryption_keys: string[]
  /** A master key file in the data directory. */
  own_file: string
  /** Ids that the database's data keys were wrapped with. */
  needed_key_ids: string[]
  env: Record<string, string | undefined>
}

/**
 * Opens every configured store, and proves that the current one wraps and unwraps.
 *
 * @throws SealingError `master_key_foreign` when none has a key that the data needs, and each store's own
 */
export async function openKeyEncryptionKeys(settings: KeySettings): Promise<KeyEncryptionKeys> {
  const [uri, needed] = [settings.key_encryption_key, settings.needed_key_ids]
  // With several stores, which of them holds what the data needs is known when all are open.
  const several = settings.other_key_encryption_keys.length > 0
  const needs = several ? [] : needed
  const first =
    uri === null
      ? await openMasterKeyFile(settings.own_file, { needed_key_ids: needs, is_ours: true })
      : await openKeyStore(uri, needs, settings.env)
  const others = await Promise.all(
    settings.other_key_encryption_keys.map((one) => openKeyStore(one, needed, settings.env)),
  )
  const stores = [first, ...others]
  const known = (id: string) => stores.flatMap((store) => store.keys()).find((key) => key.id === id)
  const unknown = needed.filter((id) => known(id) === undefined)
  if (unknown.length > 0) throw foreign(stores, unknown)
  await prove(first)

  const reload = async () => {
    await Promise.all(stores.map((store) => store.reload?.()))
  }
  return {
    store: () => first.name,
    current: () => first.current(),
    reload,
    async find(id) {
      if (known(id) === undefined) await reload()
      const key = known(id)
      if (key === undefined) throw foreign(stores, [id])
      return key
    },
    renew: async () => first.renew?.(),
    forget: async (neededIds) => first.forget?.(neededIds),
  }
}

function openKeyStore(uri: string, needed: string[], env: KeySettings['env']): Promise<KeyStore> {
  const [, scheme, rest = ''] = /^([a-z-]+):(.+)$/s.exec(uri) ?? []
  const [name = '', query = ''] = rest.split('?')
  const given = new URLSearchParams(query).get('endpoint')
  const endpoint = given === null ? {} : { endpoint: given }
  if (scheme === 'file') {
    const path = name.startsWith('//') ? fileURLToPath(`file:${name}`) : name
    return openMasterKeyFile(path, { needed_key_ids: needed, is_ours: false })
  }
  if (scheme === 'aws-kms') return openAwsKms({ arn: name, ...endpoint })
  if (scheme === 'gcp-kms') return openGcpKms({ key_name: name, ...endpoint, env })
  if (scheme === 'vault-transit') return openVaultTransit({ address: rest, env })
  throw new SealingError('key_store_misnamed', `Nothing is known of the key store ${JSON.stringify(scheme ?? uri)}.`)
}

/** Better at the start than with the first person's tokens. Files need no proof: reading them was it. */
async function prove(store: KeyStore): Promise<void> {
  if (store.reload !== undefined) return
  const [key, tenant] = [randomBytes(32), '00000000-0000-0000-0000-000000000000']
  const opened = await store.current().unwrap(await store.current().wrap(key, tenant), tenant)
  if (!opened.equals(key))
    throw new SealingError('key_store_refused', `${store.name} does not give back what it wrapped.`)
}

function foreign(stores: KeyStore[], ids: string[]): SealingError {
  const [one, ...more] = stores.map(
    ({ name, keys }) =>
      `${name} (${keys()
        .map(({ id }) => id)
        .join(', ')})`,
  )
  return new SealingError(
    'master_key_foreign',
    `The data needs the key ${ids.join(' and the key ')}, and there is only what lies in ${[one, ...more].join(' and ')}. ` +
      'Name the store that has it in SLUICE_KEY_ENCRYPTION_KEY or SLUICE_OTHER_KEY_ENCRYPTION_KEYS; nothing was changed.',
  )
}
