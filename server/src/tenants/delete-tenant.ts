import { createRoute, z } from '@hono/zod-openapi'
import type { Kysely } from 'kysely'
import { actorOf } from '../audit/audit-actor.ts'
import { inTenant } from '../database/in-tenant.ts'
import type { Database } from '../database/schema.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { deleteRowsOf } from './delete-rows.ts'
import { findTenant } from './tenant-record.ts'

const route = createRoute({
  method: 'delete',
  path: '/v1/tenants/{id}',
  tags: ['Tenants'],
  summary: 'Delete a tenant',
  description:
    'With everything that it owns: its keys stop at once, its data keys are gone, so that no backup’s secrets open ' +
    'with this database. Its audit chain remains. A tenant that has connections is refused unless `connections=delete` ' +
    'says that they may go; delete them one by one first to have their tokens revoked at the providers.',
  security: requires('admin'),
  request: {
    params: uuidParameter,
    query: z.object({
      connections: z.enum(['keep', 'delete']).default('keep').openapi({ description: 'What may become of them.' }),
    }),
  },
  responses: {
    200: json(z.object({ id: z.uuid(), deleted: z.literal(true) }).openapi('TenantDeletion'), 'It is gone.'),
    ...failures(401, 403, 404, 409, 422, 503),
  },
})

export function deleteTenant(api: Api, services: Services) {
  api.openapi(route, async (c) => {
    const caller = c.get('caller')
    const { id } = c.req.valid('param')
    const tenant = await findTenant(services.db, id)
    if (id === caller.tenant_id) {
      throw new Problem(409, 'own_tenant', 'This is the tenant of the key that you call with. It cannot delete itself.')
    }
    const own = inTenant(services.db, id)
    if (c.req.valid('query').connections === 'keep') await requireNoConnections(own, id)
    await services.audit.append(caller.tenant_id, {
      action: 'tenant.delete',
      actor: actorOf(caller),
      subject: { type: 'tenant', id },
      detail: { name: tenant.name },
    })
    const keys = await own.selectFrom('api_keys').select('id').where('tenant_id', '=', id).execute()
    await own.transaction().execute((tx) => deleteRowsOf(tx, id))
    for (const key of keys) services.api_keys.forget(key.id)
    return c.json({ id, deleted: true as const }, 200)
  })
}

async function requireNoConnections(db: Kysely<Database>, tenantId: string): Promise<void> {
  const connection = await db
    .selectFrom('connections')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .limit(1)
    .execute()
  if (connection.length === 0) return
  throw new Problem(
    409,
    'tenant_has_connections',
    'This tenant has connections, whose tokens would live on at their providers. Delete them first, or say connections=delete.',
  )
}
