import { sql } from 'kysely'
import { dataKeysIn } from '../sealing/reseal-column.ts'
import { SEALED_COLUMNS } from '../sealing/sealed-columns.ts'
import type { Services } from '../services.ts'

/**
 * So long after nothing refers to it a data key is still kept: a process that was held up for hours might yet write what
 * it sealed before.
 */
const KEPT_HOURS = 24

/** Gives up the keys that were there before `before` and that nothing refers to. */
export async function retireKeys(
  { db, key_encryption_keys }: Pick<Services, 'db' | 'key_encryption_keys'>,
  before: Date,
): Promise<void> {
  const referred = new Set((await Promise.all(SEALED_COLUMNS.map((column) => dataKeysIn(db, column)))).flat())
  const old = await db
    .selectFrom('data_keys')
    .select('id')
    .where('created_at', '<', before)
    .where('retired_at', 'is', null)
    .execute()
  const unused = old.filter(({ id }) => !referred.has(id)).map(({ id }) => id)
  if (unused.length > 0) {
    await db.updateTable('data_keys').set({ retired_at: sql`now()` }).where('id', 'in', unused).execute()
  }

  // A data key that is wrapped meanwhile by one of these fails at the foreign key, and is wrapped by the current one.
  await db
    .deleteFrom('key_encryption_keys')
    .where('id', '!=', key_encryption_keys.current().id)
    .where('id', 'not in', db.selectFrom('data_keys').select('key_encryption_key_id'))
    .execute()
  const registered = await db.selectFrom('key_encryption_keys').select('id').execute()
  await key_encryption_keys.forget(registered.map(({ id }) => id))
}

/** Deletes data keys that have been retired for a day and that, looked at again, nothing refers to. */
export async function deleteRetiredKeys({ db }: Pick<Services, 'db'>): Promise<void> {
  const retired = await db
    .selectFrom('data_keys')
    .select('id')
    .where('retired_at', '<', sql<Date>`now() - make_interval(hours => ${KEPT_HOURS})`)
    .execute()
  if (retired.length === 0) return
  const referred = new Set((await Promise.all(SEALED_COLUMNS.map((column) => dataKeysIn(db, column)))).flat())
  const unused = retired.filter(({ id }) => !referred.has(id)).map(({ id }) => id)
  if (unused.length > 0) await db.deleteFrom('data_keys').where('id', 'in', unused).execute()
}
