import { type Kysely, sql } from 'kysely'

/** Children of a tenant's row name the tenant in their foreign key, so that no row can point into another tenant. */
const statements = [
  `create table tenants (
    id uuid primary key,
    name text not null,
    created_at timestamptz not null default now()
  )`,
  `create table data_keys (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    key_encryption_key_id text not null,
    wrapped text not null,
    created_at timestamptz not null default now()
  )`,
  'create index data_keys_tenant on data_keys (tenant_id, created_at desc)',
  `create table api_keys (
    id text primary key,
    tenant_id uuid not null references tenants,
    name text not null,
    hash bytea not null,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
  )`,
  `create table console_sessions (
    hash bytea primary key,
    tenant_id uuid not null references tenants,
    api_key_id text not null references api_keys,
    expires_at timestamptz not null,
    created_at timestamptz not null default now()
  )`,
  `create table integrations (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    connector_id text not null,
    name text not null,
    client_id text not null,
    client_secret_sealed bytea not null,
    return_urls text[] not null,
    created_at timestamptz not null default now(),
    unique (tenant_id, id)
  )`,
  `create table connections (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    connector_id text not null,
    integration_id uuid not null,
    end_user jsonb,
    config_sealed bytea not null,
    status text not null check (status in ('healthy', 'needs_reauthorization', 'failing')),
    status_reason text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, integration_id) references integrations (tenant_id, id)
  )`,
  `create table grants (
    connection_id uuid primary key,
    tenant_id uuid not null,
    version integer not null,
    sealed bytea not null,
    scope text,
    access_token_expires_at timestamptz,
    refreshable boolean not null,
    lease_owner uuid,
    lease_until timestamptz,
    updated_at timestamptz not null default now(),
    foreign key (tenant_id, connection_id) references connections (tenant_id, id) on delete cascade
  )`,
  `create table connect_sessions (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    token_hash bytea not null unique,
    connector_id text not null,
    integration_id uuid not null,
    end_user jsonb,
    config_sealed bytea,
    return_to text,
    preview boolean not null,
    error jsonb,
    connection_id uuid,
    browser_hash bytea,
    completed_at timestamptz,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, integration_id) references integrations (tenant_id, id),
    foreign key (tenant_id, connection_id) references connections (tenant_id, id)
  )`,
  // One pending authorization for each connect session: starting again replaces it, so the table is bounded by the
  // sessions that authenticated callers created.
  `create table pending_authorizations (
    state_hash bytea primary key,
    tenant_id uuid not null,
    connect_session_id uuid not null unique,
    integration_id uuid not null,
    browser_hash bytea not null,
    sealed bytea not null,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    foreign key (tenant_id, connect_session_id) references connect_sessions (tenant_id, id) on delete cascade,
    foreign key (tenant_id, integration_id) references integrations (tenant_id, id)
  )`,
  `create table runs (
    id uuid primary key,
    tenant_id uuid not null,
    connection_id uuid not null,
    operation text not null,
    status text not null check (status in ('running', 'succeeded', 'failed')),
    outcome_sealed bytea not null,
    document_count integer not null default 0,
    error_code text,
    lease_until timestamptz not null,
    finished_at timestamptz,
    created_at timestamptz not null default now(),
    foreign key (tenant_id, connection_id) references connections (tenant_id, id) on delete cascade
  )`,
  'create index runs_connection on runs (tenant_id, connection_id, id desc)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
