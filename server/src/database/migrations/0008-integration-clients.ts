import { type Kysely, sql } from 'kysely'

/** How a tenant's client proves itself, and what is known of its authorization server. */
const statements = [
  'alter table integrations alter column client_secret_sealed drop not null',
  'alter table integrations add column client_keys_sealed bytea',
  'alter table integrations add column token_endpoint_auth_method text',
  'alter table integrations add column assertion_audience text',
  'alter table integrations add column issuer text',
  'alter table integrations add column scopes text[]',
  'alter table integrations add column resource text[]',
  `alter table integrations add column dpop text check (dpop in ('never', 'when_offered', 'required'))`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}
