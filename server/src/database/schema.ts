// The tables as types. Every tenant table names its tenant; `sealed` columns hold what `sealing/` encrypted.

import type { ClientAuthenticationMethod, DpopUse, JsonObject, ProviderError, Verdict } from '@sluice/oauth'
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { Scope } from '../api-keys/scopes.ts'
import type { AuditActor } from '../audit/audit-record.ts'
import type { EventType } from '../events/event-types.ts'

export interface Database {
  tenants: TenantTable
  data_keys: DataKeyTable
  key_encryption_keys: KeyEncryptionKeyTable
  key_rotations: KeyRotationTable
  api_keys: ApiKeyTable
  console_sessions: ConsoleSessionTable
  console_links: ConsoleLinkTable
  console_sign_ins: ConsoleSignInTable
  login_requests: LoginRequestTable
  server_processes: ServerProcessTable
  attempt_counts: AttemptCountTable
  integrations: IntegrationTable
  connect_sessions: ConnectSessionTable
  pending_authorizations: PendingAuthorizationTable
  connections: ConnectionTable
  grants: GrantTable
  connection_history: ConnectionHistoryTable
  idempotency_keys: IdempotencyKeyTable
  grant_journal: GrantJournalTable
  provider_circuits: ProviderCircuitTable
  runs: RunTable
  run_events: RunEventTable
  connection_states: ConnectionStateTable
  audit_chains: AuditChainTable
  audit_records: AuditRecordTable
  events: EventTable
  webhook_endpoints: WebhookEndpointTable
  webhook_deliveries: WebhookDeliveryTable
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
  wrapped_at: Generated<Date>
  /** Since when no row refers to it. */
  retired_at: Date | null
  created_at: Generated<Date>
}

/** A key that data keys may be wrapped with. Not a tenant's. */
export interface KeyEncryptionKeyTable {
  id: string
  /** Where it lies, for people. */
  store: string
  created_at: Generated<Date>
}

/** A rotation of all keys; not a tenant's. At most one is running. */
export interface KeyRotationTable {
  id: string
  status: Generated<'running' | 'finished'>
  /** The tenant and API key that asked for it. */
  requested_by: { tenant_id: string; actor: AuditActor }
  /** Set once the key-encryption key was renewed. */
  key_encryption_key_id: string | null
  data_keys_rewrapped: Generated<number>
  rows_total: Generated<number>
  rows_resealed: Generated<number>
  started_at: Generated<Date>
  finished_at: Date | null
  /** Why the last attempt stopped; the next one goes on from there. */
  error_code: string | null
}

export interface ApiKeyTable {
  id: string
  tenant_id: string
  name: string
  /** SHA-256 of the whole key. */
  hash: Buffer
  scopes: Scope[]
  expires_at: Date | null
  /** As of the last half minute. */
  last_used_at: Date | null
  /** The key that took its place. */
  rotated_to: string | null
  created_at: Generated<Date>
  revoked_at: Date | null
  /** Of the access rules by which the person signed in for whom `sluice login` made it; it ends with them. */
  rules_digest: Buffer | null
}

/** A machine that asks for a key, until a person has decided and it was fetched. */
export interface LoginRequestTable {
  id: string
  /** Of who approved it. */
  tenant_id: string | null
  /** RFC 7636 §4.2. */
  code_challenge: string
  /** SHA-256 of the code that the person types; null where the browser brings a code, and once it was typed. */
  user_code_hash: Buffer | null
  redirect_uri: string | null
  state: string | null
  machine: string
  /** The address that asked. */
  asked_from: string
  asked_scopes: Scope[] | null
  expires_in_days: number
  expires_at: Date
  created_at: Generated<Date>
  denied_at: Date | null
  approved_at: Date | null
  code_hash: Buffer | null
  approved_by: string | null
  approved_with_key: string | null
  scopes: Scope[] | null
  rules_digest: Buffer | null
}

/** The server processes that live, or did until lately. */
/** How often something that can be guessed was tried, by one client or by all. */
export interface AttemptCountTable {
  name: Buffer
  attempts: number
  until: Date
}

export interface ServerProcessTable {
  id: string
  seen_at: Date
}

export interface ConsoleLinkTable {
  /** SHA-256 of the link's token. */
  hash: Buffer
  tenant_id: string
  expires_at: Date
}

export interface ConsoleSignInTable {
  /** SHA-256 of `state`. */
  state_hash: Buffer
  /** Whose data key seals it. */
  tenant_id: string
  /** SHA-256 of the cookie that binds the sign-in to the browser that started it. */
  browser_hash: Buffer
  sealed: Buffer
  expires_at: Date
}

export interface ConsoleSessionTable {
  /** SHA-256 of the cookie's value. */
  hash: Buffer
  id: string
  tenant_id: string
  api_key_id: string | null
  user_name: string
  scopes: Scope[]
  /** Of the access rules that let the person in; null: an API key or a one-time link did. */
  rules_digest: ColumnType<Buffer | null, Buffer | null | undefined>
  user_agent: string | null
  /** As of the last minute. */
  last_seen_at: Date
  expires_at: Date
  created_at: Generated<Date>
}

export interface IntegrationTable {
  id: string
  tenant_id: string
  connector_id: string
  name: string
  client_id: string
  client_secret_sealed: Buffer | null
  /** Signing key and client certificate. */
  client_keys_sealed: Buffer | null
  /** Null: as the connector's spec says, or as the keys imply. */
  token_endpoint_auth_method: ClientAuthenticationMethod | null
  assertion_audience: string | null
  /** Issuer identifier, in place of the spec's. */
  issuer: string | null
  /** Asked for in place of the spec's. */
  scopes: string[] | null
  /** Resource indicators (RFC 8707). */
  resource: string[] | null
  dpop: DpopUse | null
  /** Where a connect session may send the person afterwards; compared exactly. */
  return_urls: string[]
  /** What connections of this integration need; what they can do without. */
  required_scopes: Generated<string[]>
  optional_scopes: Generated<string[]>
  /** Set when the customer's own server receives the authorization response. */
  relay: Relay | null
  brand: Brand | null
  created_at: Generated<Date>
  client_secret_changed_at: Date | null
}

/** A redirect URI of the customer's, and the public key (JWK, RFC 7517) that signs what is relayed from there. */
export interface Relay {
  redirect_uri: string
  public_key: JsonObject
}

/** How the connect page introduces itself. */
export interface Brand {
  name: string
  logo_url?: string | undefined
  /** `#rrggbb` */
  accent_color?: string | undefined
}

export interface EndUser {
  id: string
  name?: string | undefined
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
  /** The connection that was made; from the start, when the session is there to repair it. */
  connection_id: string | null
  repair: Generated<boolean>
  /** The repair may bring another account than before. */
  allow_different_account: Generated<boolean>
  /** Without these the attempt does not count; null: the connector's own scopes are asked for. */
  required_scopes: string[] | null
  optional_scopes: string[] | null
  /** Origins whose pages may open the link in a popup or a frame, and read the session's status. */
  allowed_origins: Generated<string[]>
  /** SHA-256 of the token that reads the session's status and nothing else. */
  status_token_hash: Buffer | null
  /** SHA-256 of the code that a person types on another device; gone once it was typed. */
  user_code_hash: Buffer | null
  user_code_expires_at: Date | null
  /** SHA-256 of the token of the link that the code was exchanged for. */
  code_link_hash: Buffer | null
  /** When the device asked last (RFC 8628 §3.5). */
  polled_at: Date | null
  poll_interval_seconds: Generated<number>
  /** SHA-256 of the cookie of the browser that completed the session. */
  browser_hash: Buffer | null
  completed_at: Date | null
  cancelled_at: Date | null
  /** Whoever set it is about to start a sample, and the only one. */
  sample_claimed_until: Date | null
  /** Counts what changed for those who wait for the session. */
  version: Generated<number>
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
  /** As the authorization request had it: the token request must repeat it (RFC 6749 §4.1.3). */
  redirect_uri: string
  /** code_verifier, config, scopes asked for and the connect link's token. */
  sealed: Buffer
  expires_at: Date
  created_at: Generated<Date>
}

export type ConnectionStatus = 'healthy' | 'needs_reauthorization' | 'failing'

export interface ConnectionTable {
  id: string
  tenant_id: string
  connector_id: string
  /** Null: the credentials stand in the config, and there is no grant. */
  integration_id: string | null
  end_user: EndUser | null
  config_sealed: Buffer
  status: ConnectionStatus
  status_reason: string | null
  /** Counts changes of what callers may change. */
  version: Generated<number>
  required_scopes: Generated<string[]>
  optional_scopes: Generated<string[]>
  /** Its grant is not refreshed and its credentials are not given out since then. */
  disabled_at: ColumnType<Date | null, Date | null | undefined>
  /** Its connector was seen to rotate tokens by itself, so that its runs go one after the other. */
  rotated_by_connector: Generated<boolean>
  /** When its grant was handed over to somebody who leaves. */
  exported_at: ColumnType<Date | null, Date | null | undefined>
  /** Null exactly while the connection is healthy. */
  problem: ColumnType<GrantProblem | null, GrantProblem | null | undefined>
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
  /** When the person consented. */
  granted_at: Generated<Date>
  /** What the authorization request asked for; null: not known. */
  requested_scopes: ColumnType<string[] | null, string[] | null | undefined>
  account: ColumnType<GrantAccount | null, GrantAccount | null | undefined>
  refresh_token_expires_at: ColumnType<Date | null, Date | null | undefined>
  /** Refreshing does not move `refresh_token_expires_at`. */
  refresh_expiry_is_final: Generated<boolean>
  /** Seconds after which an unused refresh token dies. */
  idle_lifetime_seconds: ColumnType<number | null, number | null | undefined>
  /** When the grant dies however often it is refreshed. */
  absolute_until: ColumnType<Date | null, Date | null | undefined>
  /** The smallest threshold of `connection.will_expire` that was told already. */
  warned_seconds: ColumnType<number | null, number | null | undefined>
  /** When the grant ends unless the person comes back. */
  act_by: GeneratedAlways<Date | null>
  /** When the provider issued the current access token. */
  issued_at: Generated<Date>
  /** When it is to be refreshed ahead of time; null: not by itself. */
  refresh_due_at: Date | null
  /** After a failure, not before this instant. */
  retry_at: Date | null
  /** Failed attempts since the last token response. */
  failures: Generated<number>
  /** When an attempt began whose end nobody knows. */
  in_doubt_since: Date | null
  introspected_at: Date | null
  /** The attempt that may call the provider now: an id of `grant_journal`. */
  lease_owner: string | null
  lease_until: Date | null
  updated_at: Generated<Date>
}

/** Whose data a grant opens, as the provider says it. */
export interface GrantAccount {
  id: string
  source: 'id_token' | 'declared'
}

export type HistoryKind =
  | 'created'
  | 'imported'
  | 'repaired'
  | 'repair_refused'
  | 'scopes_changed'
  | 'changed'
  | 'disabled'
  | 'enabled'
  | 'exported'
  | 'account_revoked'

export interface ConnectionHistoryTable {
  id: string
  tenant_id: string
  connection_id: string
  kind: HistoryKind
  actor: AuditActor
  /** Nothing secret: scopes, accounts, names of fields. */
  detail: JsonObject
  at: Date
}

export interface IdempotencyKeyTable {
  tenant_id: string
  key: string
  /** SHA-256 of API key, method, address and body. */
  fingerprint: Buffer
  /** Null while the first request is being answered. */
  status: number | null
  response_sealed: Buffer | null
  created_at: Date
  expires_at: Date
}

/** Whose move it is: the person who consented, whoever runs the integration, the provider, who wrote the connector. */
export type ProblemOwner = 'person' | 'operator' | 'provider' | 'connector_author'

export interface GrantProblem {
  code: string
  verdict: Verdict | 'in_doubt'
  /** What happened, in a sentence. */
  cause: string
  owner: ProblemOwner
  next_action: string
  provider_error: ProviderError | null
  /** ISO 8601. */
  since: string
  retry_at: string | null
  /** Whether the tenant was told by an event. */
  announced: boolean
  /** The connection is being imported, and its tenant has not been told that it exists. */
  untold?: boolean
}

/**
 * What asked for new tokens: a reader, the queue, a caller, a caller's report, an import that they prove; or a connector
 * that rotated by itself.
 */
export const refreshTriggers = ['read', 'ahead', 'demand', 'report', 'import', 'connector'] as const
export type RefreshTrigger = (typeof refreshTriggers)[number]

/** `superseded`: another attempt had taken over, so nothing was written. */
export const journalOutcomes = [
  'refreshed',
  'in_doubt',
  'superseded',
  'transient',
  'reauthorize',
  'integration_broken',
  'connector_broken',
] as const
export type JournalOutcome = (typeof journalOutcomes)[number]

/** Every attempt to get tokens: written before the provider is called, completed after. */
export interface GrantJournalTable {
  id: string
  tenant_id: string
  connection_id: string
  trigger: RefreshTrigger
  /** The grant's version that it started from. */
  version: number
  began_at: Generated<Date>
  ended_at: Date | null
  outcome: JournalOutcome | null
  code: string | null
  message: string | null
}

export interface ProviderCircuitTable {
  host: string
  /** In a row. */
  failures: number
  /** How often it opened in a row. */
  openings: Generated<number>
  /** No call before this instant, and then one to see. */
  open_until: Date | null
  failed_at: Generated<Date>
}

export const runOperations = ['spec', 'check', 'discover', 'validate', 'read', 'capture', 'preview', 'write'] as const
export type RunOperation = (typeof runOperations)[number]
export const runStatuses = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const
export type RunStatus = (typeof runStatuses)[number]

export interface RunTable {
  id: string
  tenant_id: string
  connection_id: string
  /** The connection that documents are written to. */
  target_connection_id: string | null
  operation: RunOperation
  status: RunStatus
  /** What was asked for beside the operation; null for runs of earlier versions. */
  request_sealed: Buffer | null
  /** Names the bindings whose state the run goes on from; null where no state is kept. */
  binding_set: string | null
  /** Steps, documents, logs and error: a customer's data, so sealed like a secret. */
  outcome_sealed: Buffer
  /** As of the last checkpoint. */
  document_count: Generated<number>
  /** Length of the committed part of the documents' file; a bigint, which the driver gives as text. */
  document_bytes: ColumnType<string | null, number | null | undefined, number | null>
  error_code: string | null
  /** Counts how often it was taken up. */
  attempt: Generated<number>
  max_attempts: Generated<number>
  /** While queued: not before this instant. */
  due_at: Generated<Date>
  /** The attempt that may write: whoever lost the lease finds another owner here. */
  lease_owner: ColumnType<string | null, string | null | undefined>
  /** The worker extends it while it lives; past it, the run's worker is dead. */
  lease_until: Date | null
  cancel_requested_at: Date | null
  started_at: Date | null
  finished_at: Date | null
  /** Counts what changed for those who follow the run. */
  version: Generated<number>
  /** Of the last event. */
  event_sequence: Generated<number>
  created_at: Generated<Date>
}

/** What those who follow a run are told, in the order of `sequence`. */
export interface RunEventTable {
  id: string
  tenant_id: string
  run_id: string
  sequence: number
  type: string
  data_sealed: Buffer
  created_at: Generated<Date>
}

/** How far a connection's bindings were read. */
export interface ConnectionStateTable {
  id: string
  tenant_id: string
  connection_id: string
  binding_set: string
  /** Counts checkpoints; a run commits only on the version that it knows. */
  version: number
  state_sealed: Buffer
  /** The run that wrote it. */
  run_id: string | null
  updated_at: Date
}

/** The last record of a tenant's audit chain. */
export interface AuditChainTable {
  tenant_id: string
  /** A bigint, which the driver gives as text. */
  sequence: string
  hash: Buffer
}

export interface AuditRecordTable {
  tenant_id: string
  /** From 1, without gaps; a bigint, which the driver gives as text. */
  sequence: string
  /** What was hashed. Read it as text: parsed and printed again it may differ. */
  record: string
  previous_hash: Buffer
  /** SHA-256 of the previous hash, the sequence as eight bytes, and the record. */
  hash: Buffer
}

export interface EventTable {
  id: string
  tenant_id: string
  type: EventType
  data: JsonObject
  created_at: Generated<Date>
}

export interface WebhookEndpointTable {
  id: string
  tenant_id: string
  url: string
  description: string | null
  /** Null: all. */
  event_types: EventType[] | null
  enabled: Generated<boolean>
  /** Why it was disabled when nobody asked for it. */
  disabled_reason: string | null
  secret_sealed: Buffer
  /** Signs beside the new one until `earlier_secret_until`. */
  earlier_secret_sealed: Buffer | null
  earlier_secret_until: Date | null
  /** Since when no delivery has arrived. */
  failing_since: Date | null
  created_at: Generated<Date>
}

export type WebhookDeliveryStatus = 'pending' | 'delivered' | 'failed' | 'cancelled'

export interface WebhookDeliveryTable {
  id: string
  tenant_id: string
  event_id: string
  endpoint_id: string
  status: Generated<WebhookDeliveryStatus>
  attempts: Generated<number>
  /** While an attempt is under way: when another process may take it up. Null once it is over. */
  next_attempt_at: Generated<Date | null>
  claimed_by: string | null
  /** Of the last attempt; null when no response came. */
  response_status: number | null
  error_code: string | null
  delivered_at: Date | null
  created_at: Generated<Date>
}
