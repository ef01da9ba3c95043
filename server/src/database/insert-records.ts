import { type RawBuilder, sql } from 'kysely'
import type { Database } from './schema.ts'

/**
 * An `insert` of many rows as a part of a larger statement: of those that `condition` admits, which sees them as `given`.
 * A column that is not named gets its default; one that a row lacks becomes null.
 *
 * @param records a parameter whose value `asRecords` makes of the same names
 */
export function insertRecords<Table extends keyof Database>(
  table: Table,
  names: readonly (keyof Database[Table] & string)[],
  records: unknown,
  condition: RawBuilder<unknown>,
) {
  const columns = sql.join(names.map((name) => sql.ref(name)))
  return sql`insert into ${sql.table(table)} (${columns}) select ${columns}
    from json_populate_recordset(null::${sql.table(table)}, ${records}::text::json) as given
    where ${condition}`
}

/** Each value of a row is one that its column accepts; a row has no other columns than those named. */
export function asRecords<Name extends string, Row extends Partial<Record<Name, unknown>>>(
  names: readonly Name[],
  rows: readonly (Row & Record<Exclude<keyof Row, Name>, never>)[],
): string {
  const records = rows.map((row) => {
    const record: Partial<Record<Name, unknown>> = {}
    for (const name of names) {
      const value: unknown = row[name]
      record[name] = Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value
    }
    return record
  })
  return JSON.stringify(records)
}
