import postgres from 'postgres'
import { noticeClosings } from './reserve-connection.ts'

const LONGEST_BACKOFF_SECONDS = 1

interface PoolOptions {
  connections: number
  /** How many statements may wait for their answer behind the first on one connection. */
  max_pipeline: number
  /** What `sluice.tenant_id` says where no statement says otherwise. */
  tenant: string
}

/**
 * A pool of postgres.js, which connects when it is first used. `url` is a libpq URI (PostgreSQL manual §34.1.1.2);
 * `?host=/directory` names a unix socket's directory.
 */
export function openPool(url: string, { connections, max_pipeline, tenant }: PoolOptions) {
  const target = new URL(url)
  const socketDirectory = target.searchParams.get('host')
  target.searchParams.delete('host')

  const options: postgres.Options<Record<string, never>> & { max_pipeline: number } = {
    ...(socketDirectory === null ? {} : { path: `${socketDirectory}/.s.PGSQL.${target.port || 5432}` }),
    max: connections,
    max_pipeline,
    connect_timeout: 10,
    // The library's own goes up to twenty seconds, for which a database that is back would be without us.
    backoff: (attempt) => Math.min(0.05 * 2 ** attempt, LONGEST_BACKOFF_SECONDS),
    // Every statement has its index. One that was planned while its table was still empty, and is kept, must not read it
    // whole ever after.
    connection: { application_name: 'sluice', 'sluice.tenant_id': tenant, enable_seqscan: false },
    onnotice: () => {},
    onclose: noticeClosings(() => pool),
  }
  const pool = postgres(target.toString(), options)
  return pool
}
