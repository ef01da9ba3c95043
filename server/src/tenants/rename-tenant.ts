import { createRoute, z } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { notFound } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import { text } from '../http/text.ts'
import type { Services } from '../services.ts'
import { presentTenant, tenantSchema } from './tenant-record.ts'

const route = createRoute({
  method: 'patch',
  path: '/v1/tenants/{id}',
  tags: ['Tenants'],
  summary: 'Rename a tenant',
  security: requires('admin'),
  request: {
    params: uuidParameter,
    body: { required: true, ...json(z.object({ name: text(1, 200) }).strict(), 'The new name.') },
  },
  responses: { 200: json(tenantSchema, 'The tenant.'), ...failures(401, 403, 404, 422, 503) },
})

export function renameTenant(api: Api, services: Services) {
  api.openapi(route, async (c) => {
    const caller = c.get('caller')
    const { id } = c.req.valid('param')
    const { name } = c.req.valid('json')
    const renamed = await services.db
      .updateTable('tenants')
      .set({ name })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
    if (renamed === undefined) throw notFound('tenant', id)
    await services.audit.append(caller.tenant_id, {
      action: 'tenant.rename',
      actor: actorOf(caller),
      subject: { type: 'tenant', id },
      detail: { name },
    })
    return c.json(presentTenant(renamed), 200)
  })
}
