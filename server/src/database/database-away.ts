/** SQLSTATEs of a server that goes, comes, is full or takes nobody (PostgreSQL manual, appendix A), and of lost races. */
const PASSING = /^(08|40|53|57P|55000)/
/** After these there is no connection any more. */
const LOST = /^(08|57P)/
/** Of postgres.js and of the operating system: `EPIPE` has the length of an SQLSTATE, whose classes never begin with E. */
const TRANSPORT = /^(CONNECTION_|CONNECT_|E[A-Z]+$)/

/** What a statement is answered with while the database is away. `code` is that of the `cause`: SQLSTATE or the driver's. */
export class DatabaseAwayError extends Error {
  readonly code: string

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'DatabaseAwayError'
    this.code = codeOf(cause)
  }
}

/** Marks failures that come of the database's absence, so that nobody takes them for a fault of ours. */
export async function noticeAbsence<Result>(act: () => PromiseLike<Result>): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    throw isDatabaseAway(error) ? new DatabaseAwayError(error) : error
  }
}

/** Whether a statement failed because the database was away for a moment, so that it is worth another try. */
export function isDatabaseAway(error: unknown): boolean {
  const code = codeOf(error)
  return TRANSPORT.test(code) || PASSING.test(code)
}

/** Whether the connection that a statement was sent on is gone. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error)
  return TRANSPORT.test(code) || LOST.test(code)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
