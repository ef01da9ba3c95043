import { type Kysely, sql } from 'kysely'

const statements = [
  // The customer's own redirect URI with the key that signs what it relays, and how the connect page introduces itself.
  'alter table integrations add column relay jsonb, add column brand jsonb',
  `alter table connect_sessions
    add column repair boolean not null default false,
    add column allow_different_account boolean not null default false,
    add column required_scopes text[],
    add column optional_scopes text[],
    add column allowed_origins text[] not null default '{}',
    add column status_token_hash bytea unique,
    add column user_code_hash bytea,
    add column user_code_expires_at timestamptz,
    add column code_link_hash bytea unique,
    add column polled_at timestamptz,
    add column poll_interval_seconds integer not null default 5,
    add column cancelled_at timestamptz,
    add column sample_claimed_until timestamptz,
    add column version integer not null default 1`,
  'create unique index connect_sessions_user_code on connect_sessions (user_code_hash) where user_code_hash is not null',
  'create index connect_sessions_tenant on connect_sessions (tenant_id, id desc)',
  'create index connect_sessions_expiry on connect_sessions (expires_at)',
  'alter table pending_authorizations add column redirect_uri text not null',
  'create index pending_authorizations_expiry on pending_authorizations (expires_at)',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  // An authorization that is under way during the upgrade starts again: it lives ten minutes at most.
  await sql`delete from pending_authorizations`.execute(db)
  for (const statement of statements) await sql.raw(statement).execute(db)
}
