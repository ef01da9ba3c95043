import { type RawBuilder, sql } from 'kysely'
import type { Database } from './schema.ts'

/**
 * An `insert` of one row for each row of `source`, as a part of a larger statement: of a part that gave no row, nothing
 * is inserted. Each value is one that its column accepts; left out columns get their defaults.
 */
export function insertFrom(table: keyof Database, values: object, source: RawBuilder<unknown>): RawBuilder<unknown> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  const columns = given.map(([name]) => sql.ref(name))
  const row = given.map(([, value]) => sql`${value}`)
  return sql`insert into ${sql.table(table)} (${sql.join(columns)}) select ${sql.join(row)} ${source}`
}
