// The supervisor of the embedded Postgres: it is the parent of `postgres` itself and the only one on its cluster.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, fstatSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { makeDirectory } from '../make-directory.ts'
import { acquireProcessLock } from '../process-lock.ts'
import { chooseBinaries, type PostgresBinaries } from './choose-binaries.ts'
import { type ClusterLayout, clusterLayout } from './cluster-layout.ts'
import { endOrphan } from './end-orphan.ts'
import { endProcess } from './end-process.ts'
import { initializeCluster } from './initialize-cluster.ts'
import { choosePostgresAccount, type OsAccount } from './postgres-account.ts'
import { PostgresError } from './postgres-error.ts'
import { openPostgresLog, readLastLines } from './postgres-log.ts'
import { databaseUrl, provisionDatabase } from './provision-database.ts'
import { firstClosedDirectory } from './reach.ts'
import { postgresEnvironment, postgresSettings } from './settings.ts'
import { makeSocketDirectory, removeRecordedSocketDirectory, removeSocketDirectory } from './socket-directory.ts'

export interface EmbeddedPostgresOptions {
  /** The data directory; everything of Postgres lies in its `postgres` folder. */
  directory: string
  /** Default true. False only where the data may be lost: tests. */
  fsync?: boolean
  /** Directory of the `postgres` and `initdb` to use; default: npm's, else the machine's. */
  bin_directory?: string | undefined
}

export interface EmbeddedPostgres {
  /** libpq URI of the server's database; `?host=` names the socket's directory. */
  url: string
  /** `18.4` */
  version: string
  pid: number
  /** Ends Postgres and waits for it. May be called again. */
  stop(): Promise<void>
  /** Settles when Postgres has ended, for whatever reason. */
  exited: Promise<PostgresExit>
}

export interface PostgresExit {
  /** Whether `stop` was called. */
  expected: boolean
  code: number | null
  signal: NodeJS.Signals | null
  /** The last lines that Postgres logged since its start. */
  last_log: string
}

const READY_POLL_MS = 10
/** Recovery after a crash replays at most `max_wal_size`. */
const READY_TIMEOUT_MS = 120_000

/**
 * Starts the Postgres of a data directory, making it at the first time. A Postgres that a killed supervisor left
 * running is ended first; what a crash left is recovered.
 *
 * Until stopped it ends with this process too, unless that is killed.
 *
 * @throws PostgresError
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { fsync = true, bin_directory } = options
  const account = choosePostgresAccount(clusterLayout(options.directory).cluster)
  makeDirectory(clusterLayout(options.directory).root, account === null ? 0o700 : 0o711)
  const layout = clusterLayout(realpathSync(options.directory))
  assertReachable(layout.root, account)

  const { lock, owner } = await acquireProcessLock(layout.lock)
  if (lock === null) {
    throw new PostgresError(
      'postgres_start_failed',
      `The database in ${layout.root} is run by process ${owner.pid}. Stop that one first.`,
    )
  }
  try {
    await endOrphan(layout.cluster)
    removeRecordedSocketDirectory(layout.socket_record)
    const binaries = await chooseBinaries({ cluster: layout.cluster, copies: layout.root, account, bin_directory })
    if (!existsSync(layout.cluster)) {
      await initializeCluster({ binaries, cluster: layout.cluster, account, fsync })
    }
    return await launch({ layout, binaries, account, fsync, onExit: lock.release })
  } catch (error) {
    lock.release()
    throw error
  }
}

interface Launch {
  layout: ClusterLayout
  binaries: PostgresBinaries
  account: OsAccount | null
  fsync: boolean
  onExit: () => void
}

async function launch({ layout, binaries, account, fsync, onExit }: Launch): Promise<EmbeddedPostgres> {
  const socketDirectory = makeSocketDirectory(layout.socket_record, account)
  const settings = Object.entries(postgresSettings({ socket_directory: socketDirectory, fsync }))
  const log = openPostgresLog(layout.log)
  const logStart = fstatSync(log).size

  // Its own process group: Ctrl-C in the terminal reaches us alone, and we end it in order.
  const child = spawn(
    join(binaries.bin, 'postgres'),
    ['-D', layout.cluster, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    {
      cwd: '/',
      env: postgresEnvironment(),
      detached: true,
      stdio: ['ignore', log, log],
      ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
    },
  )
  closeSync(log)
  const pid = await startedPid(child)
  const endWithUs = () => {
    child.kill('SIGINT')
    removeSocketDirectory(socketDirectory, layout.socket_record)
  }
  process.once('exit', endWithUs)

  let expected = false
  const exited = once(child, 'exit').then(([code, signal]): PostgresExit => {
    process.removeListener('exit', endWithUs)
    removeSocketDirectory(socketDirectory, layout.socket_record)
    onExit()
    return { expected, code, signal, last_log: readLastLines(layout.log, logStart) }
  })
  const stop = async () => {
    expected = true
    child.ref()
    if (child.exitCode === null && child.signalCode === null) await endProcess(pid)
    await exited
  }

  try {
    await ready(layout.cluster, pid, exited)
    await provisionDatabase(socketDirectory)
  } catch (error) {
    await stop()
    throw error
  }
  child.unref()
  return { url: databaseUrl(socketDirectory), version: binaries.version, pid, stop, exited }
}

async function startedPid(child: ChildProcess): Promise<number> {
  try {
    await once(child, 'spawn')
    if (child.pid !== undefined) return child.pid
  } catch (cause) {
    throw new PostgresError('postgres_start_failed', `Postgres cannot be run: ${String(cause)}`, { cause })
  }
  throw new PostgresError('postgres_start_failed', 'Postgres cannot be run.')
}

async function ready(cluster: string, pid: number, exited: Promise<PostgresExit>): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS
  while (!saysReady(cluster, pid)) {
    const exit = await Promise.race([exited, delay(READY_POLL_MS, null)])
    if (exit !== null) {
      throw new PostgresError(
        'postgres_start_failed',
        `Postgres ended while starting. Its last words:\n${exit.last_log}`,
      )
    }
    if (Date.now() > deadline) {
      throw new PostgresError('postgres_start_failed', `Postgres was not ready after ${READY_TIMEOUT_MS / 1000} s.`)
    }
  }
}

/** postmaster.pid: the pid in the first line, the status in the eighth (miscadmin.h, `LOCK_FILE_LINE_PM_STATUS`). */
function saysReady(cluster: string, pid: number): boolean {
  const path = join(cluster, 'postmaster.pid')
  if (!existsSync(path)) return false
  const lines = readFileSync(path, 'utf8').split('\n')
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}

function assertReachable(root: string, account: OsAccount | null): void {
  const closed = account === null ? null : firstClosedDirectory(root, account)
  if (account === null || closed === null) return
  throw new PostgresError(
    'postgres_unreachable_directory',
    `Postgres runs as ${account.name} here, which may not pass through ${closed}. ` +
      `Let it (chmod o+x ${closed}), or choose a directory elsewhere by SLUICE_DATA.`,
  )
}
