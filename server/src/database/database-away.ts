/** SQLSTATE classes of a server that goes, comes or is full (PostgreSQL manual, appendix A), and of lost races. */
const PASSING = /^(08|40|53|57P)/
const SQLSTATE = /^[0-9A-Z]{5}$/

/** Whether a statement failed because the database was away for a moment, so that it is worth another try. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false
  return SQLSTATE.test(error.code) ? PASSING.test(error.code) : /^(CONNECTION_|CONNECT_|E[A-Z]+$)/.test(error.code)
}
