// The tables as types. Every tenant table names its tenant; `sealed` columns hold what `sealing/` encrypted.
import type { Generated } from 'kysely'

export interface Database {
  tenants: TenantTable
  data_keys: DataKeyTable
  api_keys: ApiKeyTable
  console_sessions: ConsoleSessionTable
  integrations: IntegrationTable
  connect_sessions: ConnectSessionTable
  pending_authorizations: PendingAuthorizationTable
  connections: ConnectionTable
  grants: GrantTable
  runs: RunTable
}

export interface TenantTable {
  id: string
  name: string
  created_at: Generated<Date>
}

/** A tenant's data key, wrapped by a key-encryption key as a compact JWE (RFC 7516). */
export interface DataKeyTable {
  id: string
  tenant_id: string
  key_encryption_key_id: string
  wrapped: string
  created_at: Generated<Date>
}

export interface ApiKeyTable {
  id: string
  tenant_id: string
  name: string
  /** SHA-256 of the whole key. */
  hash: Buffer
  created_at: Generated<Date>
  revoked_at: Date | null
}

export interface ConsoleSessionTable {
  /** SHA-256 of the cookie's value. */
  hash: Buffer
  tenant_id: string
  api_key_id: string
  expires_at: Date
  created_at: Generated<Date>
}

export interface IntegrationTable {
  id: string
  tenant_id: string
  connector_id: string
  name: string
  client_id: string
  client_secret_sealed: Buffer
  /** Where a connect session may send the person afterwards; compared exactly. */
  return_urls: string[]
  created_at: Generated<Date>
}

export interface EndUser {
  id: string
  email?: string | undefined
}

/** Why the last attempt of a person did not end in a connection. */
export interface ConnectError {
  code: string
  message: string
}

export interface ConnectSessionTable {
  id: string
  tenant_id: string
  /** SHA-256 of the token in the connect link. */
  token_hash: Buffer
  connector_id: string
  integration_id: string
  end_user: EndUser | null
  config_sealed: Buffer | null
  return_to: string | null
  preview: boolean
  error: ConnectError | null
  connection_id: string | null
  /** SHA-256 of the cookie of the browser that completed the session. */
  browser_hash: Buffer | null
  completed_at: Date | null
  expires_at: Date
  created_at: Generated<Date>
}

export interface PendingAuthorizationTable {
  /** SHA-256 of `state`. */
  state_hash: Buffer
  tenant_id: string
  connect_session_id: string
  integration_id: string
  /** SHA-256 of the cookie that binds the authorization to the browser that started it. */
  browser_hash: Buffer
  /** state, code_verifier, config and the connect link's token. */
  sealed: Buffer
  expires_at: Date
  created_at: Generated<Date>
}

export type ConnectionStatus = 'healthy' | 'needs_reauthorization' | 'failing'

export interface ConnectionTable {
  id: string
  tenant_id: string
  connector_id: string
  integration_id: string
  end_user: EndUser | null
  config_sealed: Buffer
  status: ConnectionStatus
  status_reason: string | null
  created_at: Generated<Date>
  updated_at: Generated<Date>
}

export interface GrantTable {
  connection_id: string
  tenant_id: string
  /** Counts token responses; a refresh commits only on the version that it started from. */
  version: number
  /** The token response's tokens and the mapped credentials. */
  sealed: Buffer
  scope: string | null
  access_token_expires_at: Date | null
  refreshable: boolean
  lease_owner: string | null
  lease_until: Date | null
  updated_at: Generated<Date>
}

export type RunOperation = 'spec' | 'validate' | 'discover' | 'capture' | 'preview'
export type RunStatus = 'running' | 'succeeded' | 'failed'

export interface RunTable {
  id: string
  tenant_id: string
  connection_id: string
  operation: RunOperation
  status: RunStatus
  /** Steps, documents, logs and error: a customer's data, so sealed like a secret. */
  outcome_sealed: Buffer
  document_count: Generated<number>
  error_code: string | null
  /** The worker extends it while it lives; past it, the run's worker is dead. */
  lease_until: Date
  finished_at: Date | null
  created_at: Generated<Date>
}
