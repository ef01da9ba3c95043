import { type Kysely, sql } from 'kysely'

/** Which access rules let a person in: sessions of other rules than today's are over. */
const statements = [
  'alter table console_sessions add column rules_digest bytea',
  // Those of before do not tell.
  'delete from console_sessions where api_key_id is null',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
