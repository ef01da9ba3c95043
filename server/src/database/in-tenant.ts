// Row-level security, the second wall between tenants behind every query's own `tenant_id` (PostgreSQL manual §5.9).
//
// There are two kinds of handles on one database. The system's sees every tenant and is for what serves all of them:
// finding a key, a link or a state, workers, sweeps, migrations. A tenant's handle sees the rows of that tenant alone.
import { Kysely, type RawBuilder, sql } from 'kysely'
import type { Sql } from 'postgres'
import { PostgresJsDialect } from './postgres-js-dialect.ts'
import type { Database } from './schema.ts'
import { TenantDialect } from './tenant-dialect.ts'
import { tenantGate } from './tenant-gate.ts'

/** The value of `sluice.tenant_id` that stands for every tenant. */
export const EVERY_TENANT = '*'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const KEPT_HANDLES = 1000

interface TenantHandles {
  pool: Sql
  /** Sees no tenant. */
  bare: Kysely<Database>
  handles: Map<string, Kysely<Database>>
}

const handlesOf = new WeakMap<Kysely<Database>, TenantHandles>()
const tenantOf = new WeakMap<Kysely<Database>, string>()
const bareOf = new WeakMap<Kysely<Database>, Kysely<Database>>()

/** Says over which pool the tenants' handles of a system handle run. */
export function provideTenants(db: Kysely<Database>, pool: Sql): void {
  const bare = new Kysely<Database>({ dialect: new PostgresJsDialect(pool) })
  handlesOf.set(db, { pool, bare, handles: new Map() })
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
  bareOf.set(handle, known.bare)
  return handle
}

/**
 * For one statement written by hand that is to go in one message: a handle that sees no tenant, and the condition that
 * lets the statement see the tenant of `db`. The condition stands where all that is read or written waits for it; where
 * it does not, rows are hidden, never shown. For the system's handle, itself and what always holds.
 */
export function gateOf(db: Kysely<Database>): { db: Kysely<Database>; gate: RawBuilder<unknown> } {
  const tenantId = tenantOf.get(db)
  const bare = bareOf.get(db)
  return tenantId === undefined || bare === undefined
    ? { db, gate: sql`true` }
    : { db: bare, gate: tenantGate(tenantId) }
}

/** What the use cases share, with the database as one tenant sees it. */
export function forTenant<Shared extends { db: Kysely<Database> }>(services: Shared, tenantId: string): Shared {
  return { ...services, db: inTenant(services.db, tenantId) }
}
