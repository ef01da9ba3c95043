import { createRoute, z } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { deleteConnection } from '../connections/delete-connection.ts'
import { forTenant } from '../database/in-tenant.ts'
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
    'With everything that it owns: its keys stop at once, and its data keys are gone. Its audit chain remains. A tenant ' +
    'that has connections is refused unless `connections=delete` says that they may go: each has its tokens revoked at ' +
    'the provider first, as far as the provider can be reached.',
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
    const tenants = forTenant(services, id)
    const own = tenants.db
    const actor = actorOf(caller)
    const connections = await own.selectFrom('connections').select('id').where('tenant_id', '=', id).execute()
    if (connections.length > 0 && c.req.valid('query').connections === 'keep') throw hasConnections()
    await services.audit.append(caller.tenant_id, {
      action: 'tenant.delete',
      actor,
      subject: { type: 'tenant', id },
      detail: { name: tenant.name, connections: connections.length },
    })
    // Each revokes its tokens first; a server that dies in between leaves a tenant that can be deleted again.
    for (const connection of connections) await deleteConnection(tenants, id, connection.id, { revoke: 'all', actor })
    const keys = await own.selectFrom('api_keys').select('id').where('tenant_id', '=', id).execute()
    await own.transaction().execute((tx) => deleteRowsOf(tx, id))
    for (const key of keys) services.api_keys.forget(key.id)
    return c.json({ id, deleted: true as const }, 200)
  })
}

function hasConnections(): Problem {
  return new Problem(
    409,
    'tenant_has_connections',
    'This tenant has connections. Say connections=delete to have their tokens revoked and everything deleted.',
  )
}
