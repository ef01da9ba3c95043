import { createRoute, z } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { notFound, Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import { deliveryColumns, deliverySchema, presentDelivery } from '../webhooks/delivery-record.ts'
import { findEndpoint } from '../webhooks/webhook-endpoint.ts'

const route = createRoute({
  method: 'post',
  path: '/v1/events/{id}/redeliver',
  tags: ['Webhooks'],
  summary: 'Deliver an event again',
  description:
    'With the same `webhook-id` and a new timestamp, to one endpoint or to all that are enabled and want its type.',
  security: requires('events:write'),
  request: {
    params: uuidParameter,
    body: { required: true, ...json(z.object({ endpoint_id: z.uuid().optional() }).strict(), 'Where to.') },
  },
  responses: {
    202: json(z.object({ data: z.array(deliverySchema) }), 'The new deliveries.'),
    ...failures(401, 403, 404, 409, 422, 503),
  },
})

export function redeliverEvent(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { db, audit } = services
    const caller = c.get('caller')
    const { tenant_id } = caller
    const { id } = c.req.valid('param')
    const { endpoint_id } = c.req.valid('json')
    const event = await db
      .selectFrom('events')
      .select('type')
      .where('tenant_id', '=', tenant_id)
      .where('id', '=', id)
      .executeTakeFirst()
    if (event === undefined) throw notFound('event', id)
    const endpoints =
      endpoint_id === undefined
        ? await listening(services, tenant_id, event.type)
        : [await findEndpoint(services, tenant_id, endpoint_id)]
    if (endpoints.length === 0 || endpoints.some(({ enabled }) => !enabled)) {
      throw new Problem(409, 'webhook_endpoint_disabled', 'There is no enabled endpoint for it. Enable one first.')
    }
    const subject = { type: 'event', id }
    await audit.append(tenant_id, { action: 'event.redeliver', actor: actorOf(caller), subject })
    const deliveries = endpoints.map((endpoint) => ({
      id: uuidv7(),
      tenant_id,
      event_id: id,
      endpoint_id: endpoint.id,
    }))
    const rows = await db
      .insertInto('webhook_deliveries')
      .values(deliveries)
      .returning([...deliveryColumns])
      .execute()
    return c.json({ data: rows.map(presentDelivery) }, 202)
  })
}

function listening({ db }: Services, tenantId: string, type: string) {
  return db
    .selectFrom('webhook_endpoints')
    .select(['id', 'enabled'])
    .where('tenant_id', '=', tenantId)
    .where('enabled', '=', true)
    .where(({ eb, or, val }) => or([eb('event_types', 'is', null), eb(val(type), '=', eb.fn.any('event_types'))]))
    .execute()
}
