import { type Kysely, sql } from 'kysely'

/** Of clients, not of tenants: whoever types a code belongs to none yet. */
const statements = [
  'create table attempt_counts (name bytea primary key, attempts integer not null, until timestamptz not null)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
