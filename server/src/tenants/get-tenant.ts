import { createRoute } from '@hono/zod-openapi'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { findTenant, presentTenant, tenantSchema } from './tenant-record.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/tenants/{id}',
  tags: ['Tenants'],
  summary: 'Get a tenant',
  security: requires('admin'),
  request: { params: uuidParameter },
  responses: { 200: json(tenantSchema, 'The tenant.'), ...failures(401, 403, 404, 422) },
})

export function getTenant(api: Api, services: Services) {
  api.openapi(route, async (c) => c.json(presentTenant(await findTenant(services.db, c.req.valid('param').id)), 200))
}
