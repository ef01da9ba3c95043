// Envelope encryption: each tenant has a data key, kept wrapped in the database and unwrapped once per process.
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { randomOctets } from '@sluice/oauth'
import type { Kysely } from 'kysely'
import type { Database } from '../database/schema.ts'
import { createDataKey, newestDataKeyId, type OpenedDataKey, openDataKey } from './data-keys.ts'
import type { KeyEncryptionKeys } from './open-key-encryption-keys.ts'
import { SealingError } from './sealing-error.ts'

/** The row and column that a value belongs to. Bound into the ciphertext, so that a copy elsewhere does not open. */
export interface SealedPlace {
  tenant_id: string
  table: string
  column: string
  /** The row's primary key. */
  row: string
}

export interface KeyRing {
  /** Encrypts a JSON value for one place (AES-256-GCM, a fresh nonce each time). */
  seal(place: SealedPlace, value: unknown): Promise<Buffer>
  /** @throws SealingError `sealed_data_damaged` when it was altered or moved, `data_key_unknown`. */
  open(place: SealedPlace, sealed: Buffer): Promise<unknown>
  /** Has this process look now, not in a while, which data keys are the newest. */
  sealWithNewest(): void
}

interface DataKey {
  id: string
  key: KeyObject
}

// A sealed value: format byte, data key's id, nonce, ciphertext, tag.
const FORMAT = 1
const ID_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 1 + ID_BYTES + NONCE_BYTES

/** So long a process may go on sealing with a data key after another process has made a newer one. */
export const SEALING_KEY_MS = 30_000

export function createKeyRing(db: Kysely<Database>, keyEncryptionKeys: KeyEncryptionKeys): KeyRing {
  const openingKeys = new Map<string, Promise<DataKey>>()
  const sealingKeys = new Map<string, { key: Promise<DataKey>; until: number }>()

  const openingKey = (tenant_id: string, id: string) =>
    once(openingKeys, `${tenant_id}/${id}`, async () =>
      asKeyObject(await openDataKey(db, keyEncryptionKeys, { tenant_id, id })),
    )
  const newestKey = async (tenantId: string) => {
    const id = await newestDataKeyId(db, tenantId)
    return id === null ? asKeyObject(await createDataKey(db, keyEncryptionKeys, tenantId)) : openingKey(tenantId, id)
  }
  const sealingKey = (tenantId: string): Promise<DataKey> => {
    const known = sealingKeys.get(tenantId)
    if (known !== undefined && known.until > performance.now()) return known.key
    const key = newestKey(tenantId)
    sealingKeys.set(tenantId, { key, until: performance.now() + SEALING_KEY_MS })
    key.catch(() => sealingKeys.delete(tenantId))
    return key
  }

  return {
    sealWithNewest: () => sealingKeys.clear(),

    async seal(place, value) {
      const { id, key } = await sealingKey(place.tenant_id)
      const header = Buffer.concat([Buffer.of(FORMAT), idBytes(id), randomOctets(NONCE_BYTES)])
      const cipher = createCipheriv('aes-256-gcm', key, header.subarray(1 + ID_BYTES))
      cipher.setAAD(boundTo(place, header))
      const ciphertext = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()])
      return Buffer.concat([header, ciphertext, cipher.getAuthTag()])
    },

    async open(place, sealed) {
      if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== FORMAT) throw damaged(place)
      const header = sealed.subarray(0, HEADER_BYTES)
      const { key } = await openingKey(place.tenant_id, idText(header.subarray(1, 1 + ID_BYTES)))
      const decipher = createDecipheriv('aes-256-gcm', key, header.subarray(1 + ID_BYTES), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(boundTo(place, header))
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      try {
        const plaintext = Buffer.concat([
          decipher.update(sealed.subarray(HEADER_BYTES, sealed.length - TAG_BYTES)),
          decipher.final(),
        ])
        return JSON.parse(plaintext.toString('utf8'))
      } catch (cause) {
        throw damaged(place, cause)
      }
    },
  }
}

function asKeyObject({ id, key }: OpenedDataKey): DataKey {
  return { id, key: createSecretKey(key) }
}

/** Remembers a success; a failure is asked again. */
function once<T>(memory: Map<string, Promise<T>>, name: string, load: () => Promise<T>): Promise<T> {
  const known = memory.get(name)
  if (known !== undefined) return known
  const loading = load()
  memory.set(name, loading)
  loading.catch(() => memory.delete(name))
  return loading
}

function boundTo(place: SealedPlace, header: Buffer): Buffer {
  const identity = JSON.stringify([place.tenant_id, place.table, place.column, place.row])
  return Buffer.concat([header.subarray(0, 1 + ID_BYTES), Buffer.from(identity)])
}

function damaged(place: SealedPlace, cause?: unknown): SealingError {
  return new SealingError(
    'sealed_data_damaged',
    `${place.table}.${place.column} of ${place.row} does not open: it was altered, or copied from another row.`,
    { cause },
  )
}

function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

function idText(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
