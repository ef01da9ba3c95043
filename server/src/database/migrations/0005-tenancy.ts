import { type Kysely, sql } from 'kysely'
import { isolateTenant } from './isolate-tenant.ts'

/** The tables of the initial migration; later ones isolate their own. */
const tables = [
  'data_keys',
  'api_keys',
  'console_sessions',
  'integrations',
  'connections',
  'grants',
  'connect_sessions',
  'pending_authorizations',
  'runs',
]

const statements = [
  // Keys from before there were scopes could do everything.
  `alter table api_keys
    add column scopes text[] not null default '{admin}',
    add column expires_at timestamptz,
    add column last_used_at timestamptz,
    add column rotated_to text references api_keys on delete set null`,
  'alter table api_keys alter column scopes drop default',
  'create table server_processes (id uuid primary key, seen_at timestamptz not null)',
  'create index api_keys_tenant on api_keys (tenant_id, created_at desc, id desc)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  await isolateTenant(db, 'tenants', 'id')
  for (const table of tables) await isolateTenant(db, table)
}
