import { type Kysely, sql } from 'kysely'
import { isolateTenant } from './isolate-tenant.ts'

const statements = [
  // Connectors without OAuth, and credentials that no provider issued, need no client registration and have no grant.
  'alter table connections alter column integration_id drop not null',
  `alter table connections
    add column version integer not null default 1,
    add column required_scopes text[] not null default '{}',
    add column optional_scopes text[] not null default '{}',
    add column disabled_at timestamptz,
    add column exported_at timestamptz`,
  'create index connections_page on connections (tenant_id, id desc)',
  `create index connections_end_user on connections (tenant_id, (end_user->>'id'))`,
  // A link that made a connection outlives it.
  `alter table connect_sessions
    drop constraint connect_sessions_tenant_id_connection_id_fkey,
    add constraint connect_sessions_connection
      foreign key (tenant_id, connection_id) references connections (tenant_id, id) on delete set null (connection_id)`,
  'create index connect_sessions_connection on connect_sessions (tenant_id, connection_id)',
  `alter table integrations
    add column required_scopes text[] not null default '{}',
    add column optional_scopes text[] not null default '{}'`,
  // act_by is the instant at which the grant ends unless the person comes back; least() passes over nulls.
  `alter table grants
    add column granted_at timestamptz not null default now(),
    add column requested_scopes text[],
    add column account jsonb,
    add column refresh_token_expires_at timestamptz,
    add column refresh_expiry_is_final boolean not null default false,
    add column idle_lifetime_seconds integer,
    add column absolute_until timestamptz,
    add column warned_seconds integer,
    add column act_by timestamptz generated always as (
      least(
        absolute_until,
        case when not refreshable then access_token_expires_at end,
        case when refresh_expiry_is_final then refresh_token_expires_at end
      )
    ) stored`,
  'create index grants_act_by on grants (act_by) where act_by is not null',
  `create table connection_history (
    id uuid primary key,
    tenant_id uuid not null,
    connection_id uuid not null,
    kind text not null,
    actor jsonb not null,
    detail jsonb not null,
    at timestamptz not null,
    foreign key (tenant_id, connection_id) references connections (tenant_id, id) on delete cascade
  )`,
  'create index connection_history_page on connection_history (tenant_id, connection_id, id desc)',
  `create table idempotency_keys (
    tenant_id uuid not null references tenants,
    key text not null,
    fingerprint bytea not null,
    status integer,
    response_sealed bytea,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (tenant_id, key)
  )`,
  'create index idempotency_keys_expiry on idempotency_keys (expires_at)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  await isolateTenant(db, 'connection_history')
  await isolateTenant(db, 'idempotency_keys')
}
