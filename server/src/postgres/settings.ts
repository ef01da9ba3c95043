// How the embedded Postgres is set: one machine, one client program, values that no log may show.
import { totalmem } from 'node:os'

export interface SettingsRequest {
  socket_directory: string
  /** False only where the data may be lost: tests. */
  fsync: boolean
}

/** Values of postgresql.conf, given on the command line so that they hold for clusters of every age. */
export function postgresSettings({ socket_directory, fsync }: SettingsRequest): Record<string, string> {
  const durable = fsync ? 'on' : 'off'
  return {
    listen_addresses: '',
    port: '5432',
    unix_socket_directories: socket_directory,
    unix_socket_permissions: '0700',
    // A server process holds up to thirty: the system's pool, the tenants' and the queue's.
    max_connections: '300',

    shared_buffers: `${sharedBuffersMB(memoryBytes())}MB`,
    fsync: durable,
    synchronous_commit: durable,
    full_page_writes: durable,
    // Nothing replicates from here.
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_wal_size: '512MB',

    // Statements carry sealed values: none, nor a row in an error's detail, is written to the log.
    log_destination: 'stderr',
    logging_collector: 'off',
    log_min_messages: 'log',
    log_error_verbosity: 'terse',
    log_statement: 'none',
    log_min_error_statement: 'panic',
    log_min_duration_statement: '-1',
    log_min_duration_sample: '-1',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    log_autovacuum_min_duration: '-1',
    log_checkpoints: 'off',
    log_lock_waits: 'off',
    log_line_prefix: '%m [%p] ',
    log_timezone: 'UTC',
  }
}

const MB = 1024 * 1024
const LEAST_BUFFERS_MB = 64
const MOST_BUFFERS_MB = 512

/**
 * An eighth of the memory, within bounds: a quarter is what the PostgreSQL manual (§19.4.1) begins with where the database
 * has the machine to itself. Nothing is taken before it is used; a hundred thousand connections use about 200 MB.
 */
export function sharedBuffersMB(memory_bytes: number): number {
  return Math.min(MOST_BUFFERS_MB, Math.max(LEAST_BUFFERS_MB, Math.floor(memory_bytes / 8 / MB)))
}

/** Of the machine, or what our control group may use of it. */
function memoryBytes(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}

/** What Postgres inherits: nothing of ours, where keys may be. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', LANG: 'C' }
}
