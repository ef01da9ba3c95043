import { Kysely } from 'kysely'
import { EVERY_TENANT, provideTenants } from './in-tenant.ts'
import { openPool } from './open-pool.ts'
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
