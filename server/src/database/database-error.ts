export type DatabaseErrorCode = 'database_unreachable' | 'migration_failed' | 'row_level_security_bypassed'

export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode

  constructor(code: DatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DatabaseError'
    this.code = code
  }

  /** Names the host and database, never the password that the URL may carry. */
  static unreachable(url: string, cause: unknown): DatabaseError {
    const { hostname, port, pathname } = new URL(url)
    const reason = cause instanceof Error && cause.message !== '' ? cause.message : String(cause)
    return new DatabaseError(
      'database_unreachable',
      `The database ${pathname.slice(1)} at ${hostname}:${port || 5432} cannot be used: ${reason}. ` +
        'Check DATABASE_URL, that the server runs, and that the user may create tables.',
      { cause },
    )
  }
}
