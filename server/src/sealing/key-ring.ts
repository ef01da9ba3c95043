// Envelope encryption: each tenant has a data key, kept wrapped in the database and unwrapped once per process.
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Database } from '../database/schema.ts'
import { uuidv7 } from '../uuid.ts'
import type { KeyEncryptionKey } from './key-encryption-key.ts'
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

export function createKeyRing(db: Kysely<Database>, keyEncryptionKey: KeyEncryptionKey): KeyRing {
  const sealingKeys = new Map<string, Promise<DataKey>>()
  const openingKeys = new Map<string, Promise<DataKey>>()

  const sealingKey = (tenantId: string) =>
    once(sealingKeys, tenantId, () => currentDataKey(db, keyEncryptionKey, tenantId))
  const openingKey = (tenantId: string, id: string) =>
    once(openingKeys, `${tenantId}/${id}`, () => dataKeyById(db, keyEncryptionKey, tenantId, id))

  return {
    async seal(place, value) {
      const { id, key } = await sealingKey(place.tenant_id)
      const header = Buffer.concat([Buffer.of(FORMAT), idBytes(id), randomBytes(NONCE_BYTES)])
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

/** The ids of the key-encryption keys that the stored data keys need. */
export async function neededKeyEncryptionKeys(db: Kysely<Database>): Promise<string[]> {
  const rows = await db.selectFrom('data_keys').select('key_encryption_key_id').distinct().execute()
  return rows.map((row) => row.key_encryption_key_id)
}

async function currentDataKey(db: Kysely<Database>, kek: KeyEncryptionKey, tenantId: string): Promise<DataKey> {
  const row = await db
    .selectFrom('data_keys')
    .select(['id', 'wrapped'])
    .where('tenant_id', '=', tenantId)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row !== undefined) return unwrapped(kek, row)

  const id = uuidv7()
  const key = randomBytes(32)
  await db
    .insertInto('data_keys')
    .values({ id, tenant_id: tenantId, key_encryption_key_id: kek.id, wrapped: await kek.wrap(key) })
    .execute()
  return { id, key: createSecretKey(key) }
}

async function dataKeyById(
  db: Kysely<Database>,
  kek: KeyEncryptionKey,
  tenantId: string,
  id: string,
): Promise<DataKey> {
  const row = await db
    .selectFrom('data_keys')
    .select(['id', 'wrapped'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) {
    throw new SealingError('data_key_unknown', `Data key ${id} is not among tenant ${tenantId}'s keys.`)
  }
  return unwrapped(kek, row)
}

async function unwrapped(kek: KeyEncryptionKey, row: { id: string; wrapped: string }): Promise<DataKey> {
  return { id: row.id, key: createSecretKey(await kek.unwrap(row.wrapped)) }
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
