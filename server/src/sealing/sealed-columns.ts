/** Where sealed values lie. A rotation of the keys visits each; a test compares this with the database's own columns. */
export interface SealedColumn {
  table: string
  column: string
  /** The column's name in `SealedPlace`. */
  place: string
  /** The column that `SealedPlace.row` is, unique within a tenant. */
  row: string
  /** A `bytea` stands in the place as hex. */
  row_type: 'uuid' | 'text' | 'bytea'
}

const uuid = { row: 'id', row_type: 'uuid' } as const

export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: 'integrations', column: 'client_secret_sealed', place: 'client_secret', ...uuid },
  { table: 'integrations', column: 'client_keys_sealed', place: 'client_keys', ...uuid },
  { table: 'connections', column: 'config_sealed', place: 'config', ...uuid },
  { table: 'grants', column: 'sealed', place: 'sealed', ...uuid, row: 'connection_id' },
  { table: 'connect_sessions', column: 'config_sealed', place: 'config', ...uuid },
  { table: 'pending_authorizations', column: 'sealed', place: 'sealed', ...uuid, row: 'connect_session_id' },
  { table: 'runs', column: 'outcome_sealed', place: 'outcome', ...uuid },
  { table: 'runs', column: 'request_sealed', place: 'request', ...uuid },
  { table: 'run_events', column: 'data_sealed', place: 'data', ...uuid },
  { table: 'connection_states', column: 'state_sealed', place: 'state', ...uuid },
  { table: 'idempotency_keys', column: 'response_sealed', place: 'response', row: 'key', row_type: 'text' },
  { table: 'console_sign_ins', column: 'sealed', place: 'sealed', row: 'state_hash', row_type: 'bytea' },
  { table: 'webhook_endpoints', column: 'secret_sealed', place: 'secret', ...uuid },
  { table: 'webhook_endpoints', column: 'earlier_secret_sealed', place: 'secret', ...uuid },
]
