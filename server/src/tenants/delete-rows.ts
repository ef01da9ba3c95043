import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

/** What was done is told also of whom it was done to no more. */
const KEPT = new Set(['audit_chains', 'audit_records'])

/**
 * Deletes a tenant's rows in every table, and the tenant. The tables are the database's own list of those that name a
 * tenant, those first that point to others, so that a new table is not forgotten here.
 *
 * @param tx a transaction of that tenant's handle
 */
export async function deleteRowsOf(tx: Transaction<Database>, tenantId: string): Promise<void> {
  for (const table of await tablesInOrder(tx)) {
    if (!KEPT.has(table)) await sql`delete from ${sql.table(table)} where tenant_id = ${tenantId}`.execute(tx)
  }
  await tx.deleteFrom('tenants').where('id', '=', tenantId).execute()
}

async function tablesInOrder(tx: Transaction<Database>): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
      and a.attname = 'tenant_id' and not a.attisdropped
    order by 1`.execute(tx)
  const { rows: pointers } = await sql<{ from: string; to: string }>`
    select pointing.relname as "from", pointed.relname as "to" from pg_constraint k
      join pg_class pointing on pointing.oid = k.conrelid join pg_class pointed on pointed.oid = k.confrelid
    where k.contype = 'f' and k.connamespace = current_schema()::regnamespace and k.conrelid <> k.confrelid`.execute(tx)

  const ordered: string[] = []
  const waiting = new Set(tables.map(({ name }) => name))
  while (waiting.size > 0) {
    const free = [...waiting].filter((name) => !pointers.some(({ from, to }) => to === name && waiting.has(from)))
    // Tables that point to each other in a circle: their own `on delete` must say what becomes of them.
    const next = free.length > 0 ? free : [...waiting]
    for (const name of next) waiting.delete(name)
    ordered.push(...next)
  }
  return ordered
}
