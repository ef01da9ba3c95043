import { Kysely } from 'kysely'
import postgres from 'postgres'
import { EVERY_TENANT, provideTenants } from './in-tenant.ts'
import { PostgresJsDialect } from './postgres-js-dialect.ts'
import type { Database } from './schema.ts'

export interface ConnectedDatabase {
  /** Sees every tenant; `inTenant` makes handles of it that see one. */
  db: Kysely<Database>
  close(): Promise<void>
}

const CLOSE_SECONDS = 5

/**
 * Opens a connection pool for the system, and one for the tenants with the first of their statements; `connections`
 * bounds each.
 *
 * `url` is a libpq URI (PostgreSQL manual §34.1.1.2); `?host=/directory` names a unix socket's directory.
 */
export function connectDatabase(url: string, { connections = 10 }: { connections?: number } = {}): ConnectedDatabase {
  // postgres.js queues behind busy connections once callers exceed `max`, so it may hardly pipeline. For a tenant it
  // must a little: what a statement needs around it is sent without waiting (`TenantDialect`).
  const system = openPool(url, { connections, max_pipeline: 1, tenant: EVERY_TENANT })
  const tenants = openPool(url, { connections, max_pipeline: 2, tenant: '' })
  const db = new Kysely<Database>({ dialect: new PostgresJsDialect(system) })
  provideTenants(db, tenants)
  return {
    db,
    close: async () => {
      await Promise.all([db.destroy(), tenants.end({ timeout: CLOSE_SECONDS }), system.end({ timeout: CLOSE_SECONDS })])
    },
  }
}

interface PoolOptions {
  connections: number
  max_pipeline: number
  tenant: string
}

function openPool(url: string, { connections, max_pipeline, tenant }: PoolOptions) {
  const target = new URL(url)
  const socketDirectory = target.searchParams.get('host')
  target.searchParams.delete('host')

  const options: postgres.Options<Record<string, never>> & { max_pipeline: number } = {
    ...(socketDirectory === null ? {} : { path: `${socketDirectory}/.s.PGSQL.${target.port || 5432}` }),
    max: connections,
    max_pipeline,
    connect_timeout: 10,
    connection: { application_name: 'sluice', 'sluice.tenant_id': tenant },
    onnotice: () => {},
  }
  return postgres(target.toString(), options)
}
