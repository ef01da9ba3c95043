import { type Kysely, sql } from 'kysely'
import { isolateTenant } from './isolate-tenant.ts'

const statements = [
  // A data key names a key-encryption key that is registered, so that none is retired while another process wraps by it.
  `create table key_encryption_keys (
    id text primary key,
    store text not null,
    created_at timestamptz not null default now()
  )`,
  `insert into key_encryption_keys (id, store) select distinct key_encryption_key_id, 'unknown' from data_keys`,
  `alter table data_keys
    add foreign key (key_encryption_key_id) references key_encryption_keys,
    add column wrapped_at timestamptz not null default now(),
    add column retired_at timestamptz`,
  `create table key_rotations (
    id uuid primary key,
    status text not null default 'running' check (status in ('running', 'finished')),
    requested_by jsonb not null,
    key_encryption_key_id text,
    data_keys_rewrapped integer not null default 0,
    rows_total bigint not null default 0,
    rows_resealed bigint not null default 0,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    error_code text
  )`,
  `create unique index key_rotations_running on key_rotations (status) where status = 'running'`,
  // The head of each tenant's chain: its lock orders the appends of all server processes.
  `create table audit_chains (
    tenant_id uuid primary key,
    sequence bigint not null,
    hash bytea not null
  )`,
  // No foreign key to tenants: the record of what was done outlives whom it was done to. The type json keeps the text
  // as it was hashed, which jsonb would not.
  `create table audit_records (
    tenant_id uuid not null,
    sequence bigint not null,
    record json not null,
    previous_hash bytea not null,
    hash bytea not null,
    primary key (tenant_id, sequence)
  )`,
  `create index audit_records_subject on audit_records (tenant_id, (record->'subject'->>'id'), sequence desc)`,
  // One statement appends a batch, so that it takes one round trip and one commit. The hashes are made where the head
  // is locked: a process need not know what the others have appended.
  `create function append_audit_records(tenant_ids uuid[], records text[]) returns void language plpgsql as $$
  declare
    current_tenant uuid;
    last_sequence bigint;
    last_hash bytea;
    new_hash bytea;
    sequences bigint[];
    previous_hashes bytea[];
    hashes bytea[];
  begin
    for i in 1 .. array_length(tenant_ids, 1) loop
      if tenant_ids[i] is distinct from current_tenant then
        if current_tenant is not null then
          update audit_chains set sequence = last_sequence, hash = last_hash where tenant_id = current_tenant;
        end if;
        current_tenant := tenant_ids[i];
        select sequence, hash into last_sequence, last_hash
          from audit_chains where tenant_id = current_tenant for update;
        if not found then
          insert into audit_chains (tenant_id, sequence, hash)
            values (current_tenant, 0, decode(repeat('00', 32), 'hex')) on conflict do nothing;
          select sequence, hash into strict last_sequence, last_hash
            from audit_chains where tenant_id = current_tenant for update;
        end if;
      end if;
      new_hash := sha256(last_hash || int8send(last_sequence + 1) || convert_to(records[i], 'UTF8'));
      last_sequence := last_sequence + 1;
      sequences[i] := last_sequence;
      previous_hashes[i] := last_hash;
      hashes[i] := new_hash;
      last_hash := new_hash;
    end loop;
    update audit_chains set sequence = last_sequence, hash = last_hash where tenant_id = current_tenant;
    insert into audit_records (tenant_id, sequence, record, previous_hash, hash)
      select t, s, r::json, p, h
      from unnest(tenant_ids, sequences, records, previous_hashes, hashes) as appended (t, s, r, p, h);
  end $$`,
  `create table events (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    type text not null,
    data jsonb not null,
    created_at timestamptz not null default now(),
    unique (tenant_id, id)
  )`,
  `create table webhook_endpoints (
    id uuid primary key,
    tenant_id uuid not null references tenants,
    url text not null,
    description text,
    event_types text[],
    enabled boolean not null default true,
    disabled_reason text,
    secret_sealed bytea not null,
    earlier_secret_sealed bytea,
    earlier_secret_until timestamptz,
    failing_since timestamptz,
    created_at timestamptz not null default now(),
    unique (tenant_id, id)
  )`,
  'create index webhook_endpoints_tenant on webhook_endpoints (tenant_id, id desc)',
  `create table webhook_deliveries (
    id uuid primary key,
    tenant_id uuid not null,
    event_id uuid not null,
    endpoint_id uuid not null,
    status text not null default 'pending' check (status in ('pending', 'delivered', 'failed', 'cancelled')),
    attempts integer not null default 0,
    next_attempt_at timestamptz default now(),
    claimed_by uuid,
    response_status integer,
    error_code text,
    delivered_at timestamptz,
    created_at timestamptz not null default now(),
    unique (tenant_id, id),
    foreign key (tenant_id, event_id) references events (tenant_id, id) on delete cascade,
    foreign key (tenant_id, endpoint_id) references webhook_endpoints (tenant_id, id) on delete cascade
  )`,
  `create index webhook_deliveries_due on webhook_deliveries (next_attempt_at) where status = 'pending'`,
  `create index webhook_deliveries_due_endpoint on webhook_deliveries (endpoint_id, next_attempt_at)
    where status = 'pending'`,
  'create index webhook_deliveries_endpoint on webhook_deliveries (tenant_id, endpoint_id, id desc)',
  'create index webhook_deliveries_event on webhook_deliveries (tenant_id, event_id, id desc)',
]

const tables = ['audit_chains', 'audit_records', 'events', 'webhook_endpoints', 'webhook_deliveries']

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  for (const table of tables) await isolateTenant(db, table)
}
