import { createRoute } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { page, pageOf, pageQuery } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { integrationColumns, integrationSchema, presentIntegration } from './integration-record.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/integrations',
  tags: ['Integrations'],
  summary: 'List integrations',
  security: requires('integrations:read'),
  request: { query: pageQuery },
  responses: { 200: json(pageOf(integrationSchema, 'IntegrationList'), 'One page.'), ...failures(401, 403, 422) },
})

export function listIntegrations(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { limit, cursor } = c.req.valid('query')
    const found = await services.db
      .selectFrom('integrations')
      .select([...integrationColumns])
      .where('tenant_id', '=', c.get('caller').tenant_id)
      .$if(cursor !== undefined, (query) => query.where('id', '<', cursor ?? ''))
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    const { rows, next_cursor } = page(found, limit)
    return c.json({ data: rows.map((row) => presentIntegration(row, services.base_url)), next_cursor }, 200)
  })
}
