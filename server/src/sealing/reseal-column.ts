// Sealing every value of one column anew, a batch at a time. A value's first bytes name its data key, so the rows
// themselves say what is left to do, whoever was killed at whatever point.
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Database } from '../database/schema.ts'
import type { KeyRing } from './key-ring.ts'
import type { SealedColumn } from './sealed-columns.ts'
import { SealingError } from './sealing-error.ts'

interface SealedRow {
  tenant_id: string
  row: string
  sealed: Buffer
}

export interface ResealOptions {
  /** Data keys made before are to be given up. */
  before: Date
  batch_size: number
  /** Called after each batch is committed. */
  progress: (resealed: number) => Promise<void>
  signal: AbortSignal
}

export interface Resealed {
  resealed: number
  /** Values that do not open: they stay as they are, and so does their key. */
  damaged: number
}

/** Passes once over the column. */
export async function resealColumn(
  db: Kysely<Database>,
  keys: KeyRing,
  column: SealedColumn,
  { before, batch_size, progress, signal }: ResealOptions,
): Promise<Resealed> {
  const total = { resealed: 0, damaged: 0 }
  let after: SealedRow | null = null
  for (;;) {
    signal.throwIfAborted()
    const rows: SealedRow[] = await oldRows(db, column, before, batch_size, after)
    const sealed = await Promise.all(rows.map((row) => resealed(keys, column, row)))
    const changed = rows.flatMap((row, index) => {
      const value = sealed[index]
      return value == null ? [] : [{ ...row, value }]
    })
    total.damaged += rows.length - changed.length
    const count = changed.length === 0 ? 0 : await replace(db, column, changed)
    total.resealed += count
    if (count > 0) await progress(count)
    after = rows.at(-1) ?? null
    if (after === null || rows.length < batch_size) return total
  }
}

/** How many values are sealed by data keys that are to be given up. */
export async function countOldRows(db: Kysely<Database>, column: SealedColumn, before: Date): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) from ${sql.table(column.table)} where ${isOld(column, before)}`.execute(db)
  return Number(rows[0]?.count ?? 0)
}

/** The ids of the data keys that the column's values name. */
export async function dataKeysIn(db: Kysely<Database>, column: SealedColumn): Promise<string[]> {
  const { rows } = await sql<{ id: string | null }>`
    select distinct encode(${keyId(column)}, 'hex')::uuid as id from ${sql.table(column.table)}`.execute(db)
  return rows.flatMap(({ id }) => (id === null ? [] : [id]))
}

function oldRows(db: Kysely<Database>, column: SealedColumn, before: Date, limit: number, after: SealedRow | null) {
  const row = sql.ref(column.row)
  const from =
    after === null ? sql`true` : sql`(tenant_id, ${row}) > (${after.tenant_id}, ${rowOf(column, sql`${after.row}`)})`
  const text = column.row_type === 'bytea' ? sql`encode(${row}, 'hex')` : sql`${row}::text`
  return sql<SealedRow>`
    select tenant_id, ${text} as row, ${sql.ref(column.column)} as sealed from ${sql.table(column.table)}
    where ${from} and ${isOld(column, before)} order by tenant_id, ${row} limit ${limit}`
    .execute(db)
    .then(({ rows }) => rows)
}

/** The row's key, of its text. */
function rowOf({ row_type }: SealedColumn, text: RawBuilder<unknown>) {
  if (row_type === 'bytea') return sql`decode(${text}, 'hex')`
  return sql`${text}::${sql.raw(row_type)}`
}

function isOld(column: SealedColumn, before: Date) {
  return sql`${keyId(column)} in (select uuid_send(id) from data_keys where created_at < ${before})`
}

/** Byte 1 is the format, 2 to 17 are the key's id. */
function keyId({ column }: SealedColumn) {
  return sql`substring(${sql.ref(column)} from 2 for 16)`
}

async function resealed(keys: KeyRing, column: SealedColumn, row: SealedRow): Promise<Buffer | null> {
  const place = { tenant_id: row.tenant_id, table: column.table, column: column.place, row: row.row }
  try {
    return await keys.seal(place, await keys.open(place, row.sealed))
  } catch (error) {
    if (error instanceof SealingError && error.code === 'sealed_data_damaged') return null
    throw error
  }
}

/** Replaces each value that is still what was read: one that was written meanwhile is left to the next pass. */
async function replace(db: Kysely<Database>, column: SealedColumn, rows: (SealedRow & { value: Buffer })[]) {
  const name = sql.ref(column.column)
  const tenants = rows.map(({ tenant_id }) => tenant_id)
  const ids = rows.map(({ row }) => row)
  const values = (pick: (row: SealedRow & { value: Buffer }) => Buffer) => rows.map((row) => pick(row).toString('hex'))
  const result = await sql`
    update ${sql.table(column.table)} as target set ${name} = decode(batch.value, 'hex')
    from unnest(${tenants}::uuid[], ${ids}::text[], ${values(({ sealed }) => sealed)}::text[], ${values(({ value }) => value)}::text[])
      as batch (tenant_id, row, sealed, value)
    where target.tenant_id = batch.tenant_id
      and target.${sql.ref(column.row)} = ${rowOf(column, sql.ref('batch.row'))}
      and target.${name} = decode(batch.sealed, 'hex')`.execute(db)
  return Number(result.numAffectedRows ?? 0n)
}
