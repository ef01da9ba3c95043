import { z } from '@hono/zod-openapi'
import type { Kysely, Selectable } from 'kysely'
import type { Database, TenantTable } from '../database/schema.ts'
import { notFound } from '../http/problem.ts'

export const tenantSchema = z
  .object({ id: z.uuid(), name: z.string(), created_at: z.iso.datetime() })
  .openapi('Tenant', { description: 'Owner of keys, integrations and connections; no tenant sees another’s.' })

export type TenantRow = Selectable<TenantTable>

export function presentTenant(row: TenantRow): z.infer<typeof tenantSchema> {
  return { id: row.id, name: row.name, created_at: row.created_at.toISOString() }
}

/** @throws Problem 404 */
export async function findTenant(db: Kysely<Database>, id: string): Promise<TenantRow> {
  const row = await db.selectFrom('tenants').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw notFound('tenant', id)
  return row
}
