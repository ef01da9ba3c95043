// All that stands of a tenant, to see that nothing changed.
import { type Kysely, sql } from 'kysely'
import type { Database } from '../../database/schema.ts'
import { tablesWith } from '../row-of-each-table.ts'

/** Columns that change by themselves, and why that is no change. */
const CHANGING: Record<string, string[]> = {
  // Written now and then for every request that a key proves itself by, refused or not.
  api_keys: ['last_used_at'],
}

export type TenantDump = Record<string, unknown[]>

/** The rows of every table that names the tenant, and the tenant itself. */
export async function dumpTenant(db: Kysely<Database>, tenantId: string): Promise<TenantDump> {
  const anyTable = db as unknown as Kysely<never> // by name: the types of the schema know no such thing
  const tables = await tablesWith(anyTable, 'tenant_id')
  const places = [...tables.map((table) => ({ table, column: 'tenant_id' })), { table: 'tenants', column: 'id' }]
  const parts = places.map(({ table, column }) => {
    const row = sql`to_jsonb(t) - ${sql.val(CHANGING[table] ?? [])}::text[]`
    return sql`select ${sql.lit(table)} as name, ${row} as row from ${sql.table(table)} as t
      where ${sql.ref(`t.${column}`)} = ${sql.lit(tenantId)}`
  })
  const { rows } = await sql<{ name: string; rows: unknown[] }>`
    select name, jsonb_agg(row order by row) as rows from (${sql.join(parts, sql` union all `)}) as parts
    group by name`.execute(anyTable)
  return Object.fromEntries(rows.map(({ name, rows: own }) => [name, own]))
}
