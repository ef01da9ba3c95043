import { createRoute } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { page, pageOf, pageQuery, uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { endpointColumns, endpointSchema, findEndpoint, presentEndpoint } from './webhook-endpoint.ts'

const listRoute = createRoute({
  method: 'get',
  path: '/v1/webhook_endpoints',
  tags: ['Webhooks'],
  summary: 'List webhook endpoints',
  description: 'Newest first.',
  security: requires('events:read'),
  request: { query: pageQuery },
  responses: { 200: json(pageOf(endpointSchema, 'WebhookEndpointList'), 'One page.'), ...failures(401, 403, 422) },
})

const getRoute = createRoute({
  method: 'get',
  path: '/v1/webhook_endpoints/{id}',
  tags: ['Webhooks'],
  summary: 'Get a webhook endpoint',
  security: requires('events:read'),
  request: { params: uuidParameter },
  responses: { 200: json(endpointSchema, 'The endpoint.'), ...failures(401, 403, 404, 422) },
})

export function readWebhookEndpoints(api: Api, shared: Services) {
  api.openapi(listRoute, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { limit, cursor } = c.req.valid('query')
    const found = await services.db
      .selectFrom('webhook_endpoints')
      .select([...endpointColumns])
      .where('tenant_id', '=', c.get('caller').tenant_id)
      .$if(cursor !== undefined, (query) => query.where('id', '<', cursor ?? ''))
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    const { rows, next_cursor } = page(found, limit)
    return c.json({ data: rows.map(presentEndpoint), next_cursor }, 200)
  })

  api.openapi(getRoute, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const row = await findEndpoint(services, c.get('caller').tenant_id, c.req.valid('param').id)
    return c.json(presentEndpoint(row), 200)
  })
}
