import type { Kysely } from 'kysely'
import { isolateTenant } from './isolate-tenant.ts'

/** The tables of the initial migration; later ones isolate their own. */
const tables = [
  'data_keys',
  'api_keys',
  'console_sessions',
  'integrations',
  'connections',
  'grants',
  'connect_sessions',
  'pending_authorizations',
  'runs',
]

export async function up(db: Kysely<unknown>): Promise<void> {
  await isolateTenant(db, 'tenants', 'id')
  for (const table of tables) await isolateTenant(db, table)
}
