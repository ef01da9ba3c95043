// Row-level security, the second wall between tenants behind every query's own `tenant_id` (PostgreSQL manual §5.9).
//
// There are two kinds of handles on one database. The system's sees every tenant and is for what serves all of them:
// finding a key, a link or a state, workers, sweeps, migrations. A tenant's handle sees the rows of that tenant alone.
import { Kysely } from 'kysely'
import type { Sql } from 'postgres'
import type { Database } from './schema.ts'
import { TenantDialect } from './tenant-dialect.ts'

/** The value of `sluice.tenant_id` that stands for every tenant. */
export const EVERY_TENANT = '*'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const KEPT_HANDLES = 1000

interface TenantHandles {
  pool: Sql
  handles: Map<string, Kysely<Database>>
}

const handlesOf = new WeakMap<Kysely<Database>, TenantHandles>()
const tenantOf = new WeakMap<Kysely<Database>, string>()

/** Says over which pool the tenants' handles of a system handle run. */
export function provideTenants(db: Kysely<Database>, pool: Sql): void {
  handlesOf.set(db, { pool, handles: new Map() })
}

/**
 * A handle whose every statement and transaction sees and changes rows of one tenant alone. Cheap: handles are kept.
 *
 * @param db the system's handle, or one of the same tenant; no transaction
 */
export function inTenant(db: Kysely<Database>, tenantId: string): Kysely<Database> {
  if (tenantOf.get(db) === tenantId) return db
  const known = handlesOf.get(db)
  if (known === undefined) throw new Error('inTenant starts from the handle that connectDatabase returned.')
  const kept = known.handles.get(tenantId)
  if (kept !== undefined) return kept
  if (!UUID.test(tenantId)) throw new Error('A tenant’s id is a UUID.')
  if (known.handles.size >= KEPT_HANDLES) known.handles.clear()
  const handle = new Kysely<Database>({ dialect: new TenantDialect(known.pool, tenantId) })
  known.handles.set(tenantId, handle)
  tenantOf.set(handle, tenantId)
  return handle
}

/** What the use cases share, with the database as one tenant sees it. */
export function forTenant<Shared extends { db: Kysely<Database> }>(services: Shared, tenantId: string): Shared {
  return { ...services, db: inTenant(services.db, tenantId) }
}
