import { type Kysely, sql } from 'kysely'
import { isolateTenant } from './isolate-tenant.ts'

const statements = [
  // Nobody's until somebody decides: only then is it known for which tenant.
  `create table login_requests (
    id uuid primary key,
    tenant_id uuid references tenants,
    code_challenge text not null unique,
    user_code_hash bytea unique,
    redirect_uri text,
    state text,
    machine text not null,
    asked_from text not null,
    asked_scopes text[],
    expires_in_days integer not null,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    denied_at timestamptz,
    approved_at timestamptz,
    code_hash bytea,
    approved_by text,
    approved_with_key text,
    scopes text[],
    rules_digest bytea,
    check (user_code_hash is null or redirect_uri is null),
    check ((approved_at is null) = (tenant_id is null))
  )`,
  'create index login_requests_expiry on login_requests (expires_at)',
  // The access rules by which the person signed in who approved the key: it ends with them.
  'alter table api_keys add column rules_digest bytea',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  await isolateTenant(db, 'login_requests')
}
