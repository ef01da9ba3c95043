import { createRoute } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import { deliveryColumns, deliverySchema, presentDelivery } from './delivery-record.ts'
import { findEndpoint } from './webhook-endpoint.ts'

const route = createRoute({
  method: 'post',
  path: '/v1/webhook_endpoints/{id}/test',
  tags: ['Webhooks'],
  summary: 'Send a test event',
  description: 'An event `webhook_endpoint.test` for this endpoint alone, delivered as any other.',
  security: requires('events:write'),
  request: { params: uuidParameter },
  responses: {
    202: json(deliverySchema, 'Its delivery; list deliveries to see what becomes of it.'),
    ...failures(401, 403, 404, 409, 422),
  },
})

export function testWebhookEndpoint(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const { db } = forTenant(shared, c.get('caller').tenant_id)
    const { tenant_id } = c.get('caller')
    const endpoint = await findEndpoint({ db }, tenant_id, c.req.valid('param').id)
    if (!endpoint.enabled)
      throw new Problem(409, 'webhook_endpoint_disabled', 'The endpoint is disabled. Enable it first.')
    const event = {
      id: uuidv7(),
      tenant_id,
      type: 'webhook_endpoint.test',
      data: { endpoint_id: endpoint.id },
    } as const
    const delivery = await db.transaction().execute(async (tx) => {
      await tx.insertInto('events').values(event).execute()
      return tx
        .insertInto('webhook_deliveries')
        .values({ id: uuidv7(), tenant_id, event_id: event.id, endpoint_id: endpoint.id })
        .returning([...deliveryColumns])
        .executeTakeFirstOrThrow()
    })
    return c.json(presentDelivery(delivery), 202)
  })
}
