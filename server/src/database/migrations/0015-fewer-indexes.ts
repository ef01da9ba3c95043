import { type Kysely, sql } from 'kysely'

/** Of two indexes on the same columns one is enough: it is read in both directions. Absent values need no place. */
const statements = [
  'drop index connections_page',
  'drop index connect_sessions_tenant',
  'drop index webhook_endpoints_tenant',
  'drop index runs_page',
  'drop index connect_sessions_connection',
  `create index connect_sessions_connection on connect_sessions (tenant_id, connection_id)
    where connection_id is not null`,
  'alter table connect_sessions drop constraint connect_sessions_code_link_hash_key',
  `create unique index connect_sessions_code_link on connect_sessions (code_link_hash)
    where code_link_hash is not null`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
