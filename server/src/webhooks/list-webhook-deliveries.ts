import { createRoute, z } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { page, pageOf, pageQuery } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { deliveryColumns, deliverySchema, presentDelivery } from './delivery-record.ts'

const query = pageQuery.extend({
  endpoint_id: z.uuid().optional(),
  event_id: z.uuid().optional(),
  status: z.enum(['pending', 'delivered', 'failed', 'cancelled']).optional(),
})

const route = createRoute({
  method: 'get',
  path: '/v1/webhook_deliveries',
  tags: ['Webhooks'],
  summary: 'List webhook deliveries',
  description: 'Newest first: which event went where, how often it was tried, and what the last attempt met.',
  security: requires('events:read'),
  request: { query },
  responses: { 200: json(pageOf(deliverySchema, 'WebhookDeliveryList'), 'One page.'), ...failures(401, 403, 422) },
})

export function listWebhookDeliveries(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { limit, cursor, endpoint_id, event_id, status } = c.req.valid('query')
    const found = await services.db
      .selectFrom('webhook_deliveries')
      .select([...deliveryColumns])
      .where('tenant_id', '=', c.get('caller').tenant_id)
      .$if(endpoint_id !== undefined, (rows) => rows.where('endpoint_id', '=', endpoint_id ?? ''))
      .$if(event_id !== undefined, (rows) => rows.where('event_id', '=', event_id ?? ''))
      .$if(status !== undefined, (rows) => rows.where('status', '=', status ?? 'pending'))
      .$if(cursor !== undefined, (rows) => rows.where('id', '<', cursor ?? ''))
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    const { rows, next_cursor } = page(found, limit)
    return c.json({ data: rows.map(presentDelivery), next_cursor }, 200)
  })
}
