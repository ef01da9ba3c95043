import { type RawBuilder, sql } from 'kysely'
import type { Database } from './schema.ts'

/**
 * An `insert` of many rows as a part of a larger statement: of those that `condition` admits, which sees them as `given`.
 * Each value is one that its column accepts. Columns that no row has get their defaults.
 */
export function insertRecords(table: keyof Database, rows: object[], condition: RawBuilder<unknown>) {
  const records = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).flatMap(([name, value]) => (value === undefined ? [] : [[name, asJson(value)]])),
    ),
  )
  const names = new Set(records.flatMap((record) => Object.keys(record)))
  const columns = sql.join([...names].map((name) => sql.ref(name)))
  return sql`insert into ${sql.table(table)} (${columns}) select ${columns}
    from json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(records)}::text::json) as given
    where ${condition}`
}

function asJson(value: unknown): unknown {
  return Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value
}
