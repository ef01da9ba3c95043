import { createRoute } from '@hono/zod-openapi'
import { sql, type Transaction } from 'kysely'
import { actorOf } from '../audit/audit-actor.ts'
import { forTenant } from '../database/in-tenant.ts'
import type { Database } from '../database/schema.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import {
  endpointChangeSchema,
  endpointColumns,
  endpointDetail,
  endpointSchema,
  findEndpoint,
  presentEndpoint,
  requireReachable,
} from './webhook-endpoint.ts'

const changeRoute = createRoute({
  method: 'patch',
  path: '/v1/webhook_endpoints/{id}',
  tags: ['Webhooks'],
  summary: 'Change a webhook endpoint',
  description: 'What is left out stays. Enabling it forgets that it failed.',
  security: requires('events:write'),
  request: { params: uuidParameter, body: { required: true, ...json(endpointChangeSchema, 'What is to change.') } },
  responses: { 200: json(endpointSchema, 'The endpoint.'), ...failures(401, 403, 404, 422, 503) },
})

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/webhook_endpoints/{id}',
  tags: ['Webhooks'],
  summary: 'Delete a webhook endpoint',
  description: 'With its deliveries; nothing more is sent there.',
  security: requires('events:write'),
  request: { params: uuidParameter },
  responses: { 204: { description: 'It is gone.' }, ...failures(401, 403, 404, 422, 503) },
})

export function changeWebhookEndpoint(api: Api, shared: Services) {
  api.openapi(changeRoute, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { db, audit } = services
    const caller = c.get('caller')
    const { id } = c.req.valid('param')
    const { enabled, ...change } = c.req.valid('json')
    if (change.url !== undefined) requireReachable(services, change.url)
    const before = await findEndpoint(services, caller.tenant_id, id)
    const subject = { type: 'webhook_endpoint', id }
    const detail = { ...endpointDetail({ ...before, ...change }), enabled: enabled ?? before.enabled }
    await audit.append(caller.tenant_id, { action: 'webhook_endpoint.update', actor: actorOf(caller), subject, detail })
    const row = await db.transaction().execute(async (tx) => {
      if (enabled === false) await cancelDeliveries(tx, caller.tenant_id, id)
      return tx
        .updateTable('webhook_endpoints')
        .set({
          ...change,
          ...(enabled !== undefined && { enabled }),
          ...(enabled === true && { disabled_reason: null, failing_since: null }),
          id: sql`id`,
        })
        .where('tenant_id', '=', caller.tenant_id)
        .where('id', '=', id)
        .returning([...endpointColumns])
        .executeTakeFirstOrThrow()
    })
    return c.json(presentEndpoint(row), 200)
  })

  api.openapi(deleteRoute, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { db, audit } = services
    const caller = c.get('caller')
    const { id } = c.req.valid('param')
    await findEndpoint(services, caller.tenant_id, id)
    const subject = { type: 'webhook_endpoint', id }
    await audit.append(caller.tenant_id, { action: 'webhook_endpoint.delete', actor: actorOf(caller), subject })
    await db.deleteFrom('webhook_endpoints').where('tenant_id', '=', caller.tenant_id).where('id', '=', id).execute()
    return c.body(null, 204)
  })
}

/** What waits for an endpoint is not sent any more. */
export async function cancelDeliveries(tx: Transaction<Database>, tenantId: string, endpointId: string): Promise<void> {
  await tx
    .updateTable('webhook_deliveries')
    .set({ status: 'cancelled', next_attempt_at: null })
    .where('tenant_id', '=', tenantId)
    .where('endpoint_id', '=', endpointId)
    .where('status', '=', 'pending')
    .execute()
}
