import { type Kysely, sql } from 'kysely'
import { isolateTenant } from './isolate-tenant.ts'

const statements = [
  // The row is the run's place in the queue: who works on it holds its lease, and every write of theirs names the owner.
  `alter table runs
    drop constraint runs_status_check,
    add constraint runs_status_check check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    alter column lease_until drop not null,
    add column request_sealed bytea,
    add column target_connection_id uuid,
    add column binding_set text,
    add column attempt integer not null default 0,
    add column max_attempts integer not null default 1,
    add column due_at timestamptz not null default now(),
    add column lease_owner uuid,
    add column started_at timestamptz,
    add column cancel_requested_at timestamptz,
    add column document_bytes bigint,
    add column version integer not null default 0,
    add column event_sequence integer not null default 0,
    add constraint runs_target foreign key (tenant_id, target_connection_id)
      references connections (tenant_id, id) on delete set null (target_connection_id),
    add constraint runs_tenant_id unique (tenant_id, id)`,
  'alter table connections add column rotated_by_connector boolean not null default false',
  `create index runs_queued on runs (due_at) where status = 'queued'`,
  `create index runs_running on runs (tenant_id, lease_until) where status = 'running'`,
  'create index runs_page on runs (tenant_id, id desc)',
  `create table run_events (
    id uuid primary key,
    tenant_id uuid not null,
    run_id uuid not null,
    sequence integer not null,
    type text not null,
    data_sealed bytea not null,
    created_at timestamptz not null default now(),
    foreign key (tenant_id, run_id) references runs (tenant_id, id) on delete cascade
  )`,
  'create unique index run_events_sequence on run_events (tenant_id, run_id, sequence)',
  'create index run_events_age on run_events (created_at)',
  `create table connection_states (
    id uuid primary key,
    tenant_id uuid not null,
    connection_id uuid not null,
    binding_set text not null,
    version integer not null,
    state_sealed bytea not null,
    run_id uuid,
    updated_at timestamptz not null,
    unique (tenant_id, connection_id, binding_set),
    foreign key (tenant_id, connection_id) references connections (tenant_id, id) on delete cascade
  )`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  await isolateTenant(db, 'run_events')
  await isolateTenant(db, 'connection_states')
}
