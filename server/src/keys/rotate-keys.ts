// The rotation of all keys, while the server serves: a new key-encryption key where that is ours to make, every data key
// wrapped anew, a new data key for each tenant, every value sealed with it, and the old keys given up once nothing
// refers to them. What is done and what is left stands in the rows themselves: a rotation that was killed at any point
// goes on from there, in any process, and two at once do no harm.
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { createDataKey, registerKeyEncryptionKey, rewrapDataKey } from '../sealing/data-keys.ts'
import { SEALING_KEY_MS } from '../sealing/key-ring.ts'
import { countOldRows, type Resealed, resealColumn } from '../sealing/reseal-column.ts'
import { SEALED_COLUMNS } from '../sealing/sealed-columns.ts'
import type { Services } from '../services.ts'
import { retireKeys } from './retire-keys.ts'

const BATCH_SIZE = 200
const AT_ONCE = 8

export interface RotationOptions {
  signal: AbortSignal
  batch_size?: number
  /** How long processes may go on sealing with a data key that is not the newest. */
  settle_ms?: number
  /** Called when each step is durable. */
  onStep?: (step: string) => Promise<void>
}

interface Work {
  id: string
  started_at: Date
  options: Required<RotationOptions>
}

type RotatingServices = Pick<Services, 'db' | 'keys' | 'key_encryption_keys' | 'log' | 'audit'>

/** Does what is left of the running rotation, if there is one. */
export async function continueRotation(services: RotatingServices, given: RotationOptions): Promise<void> {
  const options = { batch_size: BATCH_SIZE, settle_ms: SEALING_KEY_MS + 5000, onStep: async () => {}, ...given }
  const rotation = await services.db
    .selectFrom('key_rotations')
    .selectAll()
    .where('status', '=', 'running')
    .executeTakeFirst()
  if (rotation === undefined) return
  const work = { id: rotation.id, started_at: rotation.started_at, options }
  try {
    if (rotation.key_encryption_key_id === null) await renewKeyEncryptionKey(services, work)
    await rewrapDataKeys(services, work)
    const newest = await createDataKeys(services, work)
    const damaged = await resealUntilDone(services, work, newest)
    await retireKeys(services, work.started_at)
    await options.onStep('retired')
    await finish(services, work, damaged)
  } catch (error) {
    if (!options.signal.aborted) await note(services, work, error)
    throw error
  }
}

async function renewKeyEncryptionKey({ db, key_encryption_keys }: RotatingServices, { id, options }: Work) {
  await key_encryption_keys.renew()
  await options.onStep('renewed')
  await registerKeyEncryptionKey(db, key_encryption_keys)
  const key_encryption_key_id = key_encryption_keys.current().id
  await db.updateTable('key_rotations').set({ key_encryption_key_id }).where('id', '=', id).execute()
  await options.onStep('registered')
}

async function rewrapDataKeys({ db, key_encryption_keys }: RotatingServices, { id, started_at, options }: Work) {
  for (;;) {
    const rows = await db
      .selectFrom('data_keys')
      .select(['id', 'tenant_id', 'key_encryption_key_id', 'wrapped'])
      .where('wrapped_at', '<', started_at)
      .orderBy('id')
      .limit(AT_ONCE)
      .execute()
    if (rows.length === 0) return
    options.signal.throwIfAborted()
    await Promise.all(rows.map((row) => rewrapDataKey(db, key_encryption_keys, row)))
    await db
      .updateTable('key_rotations')
      .set({ data_keys_rewrapped: sql`data_keys_rewrapped + ${rows.length}` })
      .where('id', '=', id)
      .execute()
    await options.onStep('rewrapped')
  }
}

/** Returns when the newest of them was made. */
async function createDataKeys(
  { db, keys, key_encryption_keys }: RotatingServices,
  { id, started_at, options }: Work,
): Promise<Date> {
  const made = db.selectFrom('data_keys').select('tenant_id').where('created_at', '>=', started_at)
  for (;;) {
    const tenants = await db
      .selectFrom('data_keys')
      .select('tenant_id')
      .distinct()
      .where('tenant_id', 'not in', made)
      .limit(AT_ONCE)
      .execute()
    if (tenants.length === 0) break
    options.signal.throwIfAborted()
    await Promise.all(tenants.map(({ tenant_id }) => createDataKey(db, key_encryption_keys, tenant_id)))
    await options.onStep('data key made')
  }
  keys.sealWithNewest()
  const counts = await Promise.all(SEALED_COLUMNS.map((column) => countOldRows(db, column, started_at)))
  const left = counts.reduce((sum, count) => sum + count, 0)
  await db
    .updateTable('key_rotations')
    .set({ rows_total: sql`rows_resealed + ${left}` })
    .where('id', '=', id)
    .execute()
  const { newest } = await db
    .selectFrom('data_keys')
    .select(({ fn }) => fn.max('created_at').as('newest'))
    .executeTakeFirstOrThrow()
  return newest
}

/**
 * Passes over all columns until one pass finds nothing to do, at a time when no process seals with an old key any more.
 * Returns how many values do not open.
 */
async function resealUntilDone(services: RotatingServices, { id, started_at, options }: Work, newest: Date) {
  const { batch_size, signal, settle_ms, onStep } = options
  const progress = async (resealed: number) => {
    await services.db
      .updateTable('key_rotations')
      .set({
        rows_resealed: sql`rows_resealed + ${resealed}`,
        rows_total: sql`greatest(rows_total, rows_resealed + ${resealed})`,
      })
      .where('id', '=', id)
      .execute()
    await onStep('resealed')
  }
  for (;;) {
    const settledIn = newest.getTime() + settle_ms - (await databaseNow(services)).getTime()
    const passes: Resealed[] = []
    for (const column of SEALED_COLUMNS) {
      const reseal = { before: started_at, batch_size, progress, signal }
      passes.push(await resealColumn(services.db, services.keys, column, reseal))
    }
    const resealed = passes.reduce((sum, pass) => sum + pass.resealed, 0)
    if (resealed === 0 && settledIn <= 0) return passes.reduce((sum, pass) => sum + pass.damaged, 0)
    if (resealed === 0) await delay(settledIn, undefined, { signal })
  }
}

async function databaseNow({ db }: RotatingServices): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select now()`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('A select without a table gives a row.')
  return row.now
}

async function finish(services: RotatingServices, { id }: Work, damaged: number): Promise<void> {
  const { requested_by } = await services.db
    .updateTable('key_rotations')
    .set({ status: 'finished', finished_at: sql`now()`, error_code: damaged === 0 ? null : 'sealed_data_damaged' })
    .where('id', '=', id)
    .returning('requested_by')
    .executeTakeFirstOrThrow()
  if (damaged > 0)
    services.log.error({ rotation_id: id, values: damaged }, 'sealed values do not open; their key is kept')
  await services.audit.append(requested_by.tenant_id, {
    action: 'keys.rotated',
    actor: { type: 'server', id: 'key rotation' },
    subject: { type: 'key_rotation', id },
    detail: { damaged_values: damaged },
  })
}

async function note({ db, log }: RotatingServices, { id }: Work, error: unknown): Promise<void> {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unexpected'
  log.error({ rotation_id: id, error_code: code }, 'the key rotation stopped; it is taken up again')
  await db.updateTable('key_rotations').set({ error_code: code }).where('id', '=', id).execute()
}
