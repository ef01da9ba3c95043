import { type Kysely, sql } from 'kysely'

/** How old a client secret is, for those who must rotate it. */
const statements = [
  'alter table integrations add column client_secret_changed_at timestamptz',
  'update integrations set client_secret_changed_at = created_at where client_secret_sealed is not null',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
