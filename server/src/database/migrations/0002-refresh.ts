import { type Kysely, sql } from 'kysely'
import { isolateTenant } from './isolate-tenant.ts'

const statements = [
  // `refresh_due_at` is the queue of refreshes ahead of time: it is committed with the tokens that it is about.
  `alter table grants
    add column issued_at timestamptz not null default now(),
    add column refresh_due_at timestamptz,
    add column retry_at timestamptz,
    add column failures integer not null default 0,
    add column in_doubt_since timestamptz,
    add column introspected_at timestamptz`,
  'update grants set issued_at = updated_at',
  `update grants set refresh_due_at = issued_at + (access_token_expires_at - issued_at) * 0.8
    where refreshable and access_token_expires_at is not null`,
  'create index grants_refresh_due on grants (refresh_due_at) where refresh_due_at is not null',
  'alter table connections add column problem jsonb',
  `create table grant_journal (
    id uuid primary key,
    tenant_id uuid not null,
    connection_id uuid not null,
    trigger text not null,
    version integer not null,
    began_at timestamptz not null default now(),
    ended_at timestamptz,
    outcome text,
    code text,
    message text,
    foreign key (tenant_id, connection_id) references connections (tenant_id, id) on delete cascade
  )`,
  'create index grant_journal_connection on grant_journal (tenant_id, connection_id, id desc)',
  // Of providers, not of tenants: an outage is everybody's.
  `create table provider_circuits (
    host text primary key,
    failures integer not null,
    openings integer not null default 0,
    open_until timestamptz,
    failed_at timestamptz not null default now()
  )`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  await isolateTenant(db, 'grant_journal')
}
