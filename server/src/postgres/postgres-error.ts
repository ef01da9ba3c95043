export type PostgresErrorCode =
  | 'postgres_not_found'
  | 'postgres_version_mismatch'
  | 'postgres_no_account'
  | 'postgres_unreachable_directory'
  | 'postgres_foreign_cluster'
  | 'postgres_damaged_cluster'
  | 'postgres_initialization_failed'
  | 'postgres_start_failed'

/** The embedded Postgres cannot be started; the message says what to do. */
export class PostgresError extends Error {
  readonly code: PostgresErrorCode

  constructor(code: PostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PostgresError'
    this.code = code
  }
}
