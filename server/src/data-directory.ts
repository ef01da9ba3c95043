// Where the server keeps what must survive a restart, and that only one server at a time uses it.
import { createHash } from 'node:crypto'
import { accessSync, chmodSync, constants, existsSync, realpathSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { makeDirectory } from './make-directory.ts'
import { clusterDirectory } from './postgres/cluster-layout.ts'
import { choosePostgresAccount, type OsAccount } from './postgres/postgres-account.ts'
import { PostgresError } from './postgres/postgres-error.ts'
import { firstClosedDirectory } from './postgres/reach.ts'
import { acquireProcessLock, type ProcessLock } from './process-lock.ts'

export type DataDirectoryErrorCode = 'data_directory_unusable' | 'data_directory_locked'

export class DataDirectoryError extends Error {
  readonly code: DataDirectoryErrorCode

  constructor(code: DataDirectoryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DataDirectoryError'
    this.code = code
  }
}

export interface DataDirectoryOptions {
  /** What the operator asked for (`SLUICE_DATA`); relative to the checkout. Nothing else is tried then. */
  configured?: string | undefined
  /** The project's directory. */
  checkout: string
  /** Where an ordinary user's programs keep data (`XDG_DATA_HOME`). */
  data_home?: string | undefined
  /** Where root's programs keep data. */
  system_data_home?: string
}

/**
 * Chooses the data directory, makes it, and returns its real path: the configured one; else `.sluice` in the checkout;
 * else, where that cannot be written, or cannot be reached by the account that Postgres runs as, one named after the
 * checkout in the user's or the machine's place for data. A checkout that already holds a database keeps it.
 *
 * @throws DataDirectoryError `data_directory_unusable`
 */
export function chooseDataDirectory(options: DataDirectoryOptions): string {
  const { configured, checkout } = options
  if (configured !== undefined && configured !== '') return prepare(resolve(checkout, configured))

  const local = join(checkout, '.sluice')
  try {
    if (existsSync(clusterDirectory(local)) || passable(checkout, accountFor(local))) return prepare(local)
  } catch {
    // Read-only, or someone else's: the fallback takes its place.
  }
  return prepare(join(fallbackHome(options), `${basename(checkout)}-${checkoutHash(checkout)}`))
}

/**
 * Makes this process the directory's only user until released. A lock whose owner has ended is taken over.
 *
 * @throws DataDirectoryError `data_directory_locked` names the running owner.
 */
export async function lockDataDirectory(directory: string): Promise<ProcessLock> {
  const { lock, owner } = await acquireProcessLock(join(directory, 'server.lock'))
  if (lock !== null) return lock
  throw new DataDirectoryError(
    'data_directory_locked',
    `Another Sluice (process ${owner.pid}) is using ${directory}. Stop it, or give this one a directory of its own by SLUICE_DATA.`,
  )
}

function prepare(directory: string): string {
  const account = accountFor(directory)
  try {
    // Nobody lists the directory; the account that Postgres runs as must pass through it to its own part.
    makeDirectory(directory, account === null ? 0o700 : 0o711)
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
    const { uid, mode } = statSync(directory)
    if (account !== null && uid === 0) chmodSync(directory, (mode & 0o777) | 0o001)
    return realpathSync(directory)
  } catch (cause) {
    throw new DataDirectoryError(
      'data_directory_unusable',
      `The data directory ${directory} cannot be used (${(cause as NodeJS.ErrnoException).code ?? String(cause)}). ` +
        'Make it writable, or choose another by SLUICE_DATA.',
      { cause },
    )
  }
}

/** A machine without an account for Postgres may still use a Postgres elsewhere. */
function accountFor(directory: string): OsAccount | null {
  try {
    return choosePostgresAccount(clusterDirectory(directory))
  } catch (error) {
    if (error instanceof PostgresError && error.code === 'postgres_no_account') return null
    throw error
  }
}

function passable(directory: string, account: OsAccount | null): boolean {
  return account === null || firstClosedDirectory(directory, account) === null
}

function fallbackHome({ data_home, system_data_home = '/var/lib' }: DataDirectoryOptions): string {
  if (process.getuid?.() === 0) return join(system_data_home, 'sluice')
  return join(data_home || join(homedir(), '.local', 'share'), 'sluice')
}

function checkoutHash(checkout: string): string {
  return createHash('sha256').update(realpathSync(checkout)).digest('hex').slice(0, 8)
}
