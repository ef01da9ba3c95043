import { type Kysely, sql } from 'kysely'
import { isolateTenant } from './isolate-tenant.ts'

/** The tables of the initial migration and of this one; later ones isolate their own. */
const tables = [
  'data_keys',
  'api_keys',
  'console_sessions',
  'console_links',
  'console_sign_ins',
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
  // People sign in again.
  'delete from console_sessions',
  `alter table console_sessions
    alter column api_key_id drop not null,
    add column id uuid not null unique,
    add column user_name text not null,
    add column scopes text[] not null,
    add column user_agent text,
    add column last_seen_at timestamptz not null`,
  'create index console_sessions_tenant on console_sessions (tenant_id, id desc)',
  `create table console_links (
    hash bytea primary key,
    tenant_id uuid not null references tenants,
    expires_at timestamptz not null
  )`,
  `create table console_sign_ins (
    state_hash bytea primary key,
    tenant_id uuid not null references tenants,
    browser_hash bytea not null,
    sealed bytea not null,
    expires_at timestamptz not null
  )`,
  'create table server_processes (id uuid primary key, seen_at timestamptz not null)',
  'create index api_keys_tenant on api_keys (tenant_id, created_at desc, id desc)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  await isolateTenant(db, 'tenants', 'id')
  for (const table of tables) await isolateTenant(db, table)
}
