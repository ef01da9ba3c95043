import { Kysely } from 'kysely'
import postgres from 'postgres'
import { PostgresJsDialect } from './postgres-js-dialect.ts'
import type { Database } from './schema.ts'

export interface ConnectedDatabase {
  db: Kysely<Database>
  close(): Promise<void>
}

/**
 * Opens a connection pool.
 *
 * `url` is a libpq URI (PostgreSQL manual §34.1.1.2); `?host=/directory` names a unix socket's directory.
 * `max_pipeline: 1` because postgres.js otherwise queues behind busy connections once callers exceed `max`.
 */
export function connectDatabase(url: string, { connections = 10 }: { connections?: number } = {}): ConnectedDatabase {
  const target = new URL(url)
  const socketDirectory = target.searchParams.get('host')
  target.searchParams.delete('host')

  const options: postgres.Options<Record<string, never>> & { max_pipeline: number } = {
    ...(socketDirectory === null ? {} : { path: `${socketDirectory}/.s.PGSQL.${target.port || 5432}` }),
    max: connections,
    max_pipeline: 1,
    connect_timeout: 10,
    connection: { application_name: 'sluice' },
    onnotice: () => {},
  }
  const sql = postgres(target.toString(), options)
  const db = new Kysely<Database>({ dialect: new PostgresJsDialect(sql) })
  return { db, close: () => db.destroy() }
}
