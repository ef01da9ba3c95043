// Rows for tests of what holds in every table, whatever its columns mean.
import { type Kysely, sql } from 'kysely'

interface Column {
  table_name: string
  column_name: string
  udt_name: string
  data_type: string
}

/** Every table of ours with a column of this name, by the database's own catalogue. */
export async function tablesWith(db: Kysely<never>, column: string): Promise<string[]> {
  const { rows } = await sql<{ table_name: string }>`
    select c.table_name from information_schema.columns c
      join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = current_schema() and c.column_name = ${column} and t.table_type = 'BASE TABLE'
    order by 1`.execute(db)
  return rows.map((row) => row.table_name)
}

/** Lets the tables take any row: what is tested is not what rows mean. */
export async function dropConstraintsAndTriggers(db: Kysely<never>, tables: string[]): Promise<void> {
  const { rows } = await sql<{ table_name: string; conname: string }>`
    select conrelid::regclass::text as table_name, conname from pg_constraint
    where contype in ('f', 'c') and connamespace = current_schema()::regnamespace and conparentid = 0`.execute(db)
  for (const { table_name, conname } of rows) {
    await sql`alter table ${sql.table(table_name)} drop constraint if exists ${sql.id(conname)}`.execute(db)
  }
  for (const table of tables) await sql`alter table ${sql.table(table)} disable trigger user`.execute(db)
}

/** An insert of a row with nothing in it but what must be, and the tenant. */
export async function insertAnyRow(db: Kysely<never>, table: string, tenantColumn: string, tenantId: string) {
  const { rows } = await sql<Column>`
    select table_name, column_name, udt_name, data_type from information_schema.columns
    where table_schema = current_schema() and table_name = ${table} and is_nullable = 'NO'
      and column_default is null and is_identity = 'NO' and is_generated = 'NEVER'
      and column_name <> ${tenantColumn}`.execute(db)
  const names = [sql.id(tenantColumn), ...rows.map((column) => sql.id(column.column_name))]
  const values = [sql`${tenantId}::uuid`, ...rows.map((column) => sql.raw(anyValue(column)))]
  return sql`insert into ${sql.table(table)} (${sql.join(names)}) values (${sql.join(values)})`
}

const anyValues: Record<string, string> = {
  uuid: 'gen_random_uuid()',
  text: 'gen_random_uuid()::text',
  bytea: "decode(md5(random()::text), 'hex')",
  json: "'{}'",
  jsonb: "'{}'",
  timestamptz: 'now()',
  date: 'now()::date',
  bool: 'true',
  int2: '1',
  int4: '1',
  int8: '1',
}

function anyValue(column: Column): string {
  if (column.data_type === 'ARRAY') return "'{}'"
  const value = anyValues[column.udt_name]
  if (value !== undefined) return value
  throw new Error(`What goes into ${column.table_name}.${column.column_name} of type ${column.udt_name}?`)
}
