import { type Kysely, sql } from 'kysely'

/**
 * Row-level security for a table: statements see and write the rows of the tenant that `sluice.tenant_id` names, or all
 * of them where it says `*`, and none where it says nothing. After a transaction an unset setting is `''`, not null.
 *
 * `force` binds the table's owner too, who is the server. The setting is read once a statement, not once a row.
 *
 * @param column the tenant's id in this table
 */
export async function isolateTenant(db: Kysely<unknown>, table: string, column = 'tenant_id'): Promise<void> {
  const name = sql.table(table)
  const setting = sql.raw(`(select nullif(current_setting('sluice.tenant_id', true), ''))`)
  const tenant = sql.raw(`(select nullif(nullif(current_setting('sluice.tenant_id', true), ''), '*')::uuid)`)
  await sql`alter table ${name} enable row level security`.execute(db)
  await sql`alter table ${name} force row level security`.execute(db)
  await sql`create policy tenant on ${name} using (${setting} = '*' or ${sql.ref(column)} = ${tenant})`.execute(db)
}
