import { createRoute } from '@hono/zod-openapi'
import { type Api, failures, json } from '../http/api.ts'
import { page, pageOf, pageQuery } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { presentTenant, tenantSchema } from './tenant-record.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/tenants',
  tags: ['Tenants'],
  summary: 'List tenants',
  description: 'Newest first.',
  security: requires('admin'),
  request: { query: pageQuery },
  responses: { 200: json(pageOf(tenantSchema, 'TenantList'), 'One page.'), ...failures(401, 403, 422) },
})

export function listTenants(api: Api, services: Services) {
  api.openapi(route, async (c) => {
    const { limit, cursor } = c.req.valid('query')
    const found = await services.db
      .selectFrom('tenants')
      .selectAll()
      .$if(cursor !== undefined, (query) => query.where('id', '<', cursor ?? ''))
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    const { rows, next_cursor } = page(found, limit)
    return c.json({ data: rows.map(presentTenant), next_cursor }, 200)
  })
}
