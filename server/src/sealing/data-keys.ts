// The tenants' data keys as rows. The foreign key from a data key to its key-encryption key keeps either from being
// used while another process retires it.
import { randomBytes } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'
import { uuidv7 } from '../uuid.ts'
import type { KeyEncryptionKey } from './key-encryption-key.ts'
import type { KeyEncryptionKeys } from './open-key-encryption-keys.ts'
import { SealingError } from './sealing-error.ts'

export interface OpenedDataKey {
  id: string
  key: Buffer
}

/** The ids of the key-encryption keys that the stored data keys need. */
export async function neededKeyEncryptionKeys(db: Kysely<Database>): Promise<string[]> {
  const rows = await db.selectFrom('data_keys').select('key_encryption_key_id').distinct().execute()
  return rows.map((row) => row.key_encryption_key_id)
}

/** Says that data keys may be wrapped with the current key-encryption key. */
export async function registerKeyEncryptionKey(db: Kysely<Database>, keys: KeyEncryptionKeys): Promise<void> {
  await db
    .insertInto('key_encryption_keys')
    .values({ id: keys.current().id, store: keys.store() })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ store: keys.store() }))
    .execute()
}

/** The id of the data key that a tenant's values are sealed with now. */
export async function newestDataKeyId(db: Kysely<Database>, tenantId: string): Promise<string | null> {
  const row = await db
    .selectFrom('data_keys')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.id ?? null
}

/** Makes a tenant's new data key, after which values are sealed with it. */
export async function createDataKey(
  db: Kysely<Database>,
  keys: KeyEncryptionKeys,
  tenantId: string,
): Promise<OpenedDataKey> {
  const id = uuidv7()
  return withRegisteredKey(db, keys, async (kek) => {
    const { key, wrapped } = await wrapNewKey(kek, tenantId)
    await db
      .insertInto('data_keys')
      .values({ id, tenant_id: tenantId, key_encryption_key_id: kek.id, wrapped })
      .execute()
    return { id, key }
  })
}

/** @throws SealingError `data_key_unknown`, and what the key store says */
export async function openDataKey(
  db: Kysely<Database>,
  keys: KeyEncryptionKeys,
  { tenant_id, id }: { tenant_id: string; id: string },
): Promise<OpenedDataKey> {
  const row = await db
    .selectFrom('data_keys')
    .select(['key_encryption_key_id', 'wrapped'])
    .where('tenant_id', '=', tenant_id)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) {
    throw new SealingError('data_key_unknown', `Data key ${id} is not among tenant ${tenant_id}'s keys.`)
  }
  const kek = await keys.find(row.key_encryption_key_id)
  return { id, key: await kek.unwrap(row.wrapped, tenant_id) }
}

/** Wraps a data key anew with the current key-encryption key; whoever has done so meanwhile is not undone. */
export async function rewrapDataKey(
  db: Kysely<Database>,
  keys: KeyEncryptionKeys,
  row: { id: string; tenant_id: string; key_encryption_key_id: string; wrapped: string },
): Promise<void> {
  const earlier = await keys.find(row.key_encryption_key_id)
  const key = await earlier.unwrap(row.wrapped, row.tenant_id)
  await withRegisteredKey(db, keys, async (kek) => {
    const wrapped = await wrapSurely(kek, key, row.tenant_id)
    await db
      .updateTable('data_keys')
      .set({ key_encryption_key_id: kek.id, wrapped, wrapped_at: sql`now()` })
      .where('tenant_id', '=', row.tenant_id)
      .where('id', '=', row.id)
      .where('wrapped', '=', row.wrapped)
      .execute()
  })
}

/** The current key may have been retired by another process: then its store is read again, once. */
async function withRegisteredKey<T>(
  db: Kysely<Database>,
  keys: KeyEncryptionKeys,
  write: (kek: KeyEncryptionKey) => Promise<T>,
): Promise<T> {
  const before = keys.current().id
  try {
    return await write(keys.current())
  } catch (error) {
    if (!isForeignKeyViolation(error)) throw error
    await keys.reload()
    if (keys.current().id === before) await registerKeyEncryptionKey(db, keys)
    return write(keys.current())
  }
}

async function wrapNewKey(kek: KeyEncryptionKey, tenantId: string) {
  if (kek.generate !== undefined) return kek.generate(tenantId)
  const key = randomBytes(32)
  return { key, wrapped: await wrapSurely(kek, key, tenantId) }
}

/** What a wrapped key protects cannot be had again if it does not unwrap, so it is tried before it is relied on. */
async function wrapSurely(kek: KeyEncryptionKey, key: Buffer, tenantId: string): Promise<string> {
  const wrapped = await kek.wrap(key, tenantId)
  if ((await kek.unwrap(wrapped, tenantId)).equals(key)) return wrapped
  throw new SealingError('data_key_damaged', `The key ${kek.id} does not give back what it wrapped.`)
}

function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23503'
}
