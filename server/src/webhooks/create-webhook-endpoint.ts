import { createRoute } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import {
  endpointColumns,
  endpointDetail,
  endpointWithSecretSchema,
  newEndpointSchema,
  presentEndpoint,
  requireReachable,
} from './webhook-endpoint.ts'
import { generateWebhookSecret, secretPlace } from './webhook-secret.ts'

const MAXIMUM_ENDPOINTS = 50

const route = createRoute({
  method: 'post',
  path: '/v1/webhook_endpoints',
  tags: ['Webhooks'],
  summary: 'Create a webhook endpoint',
  description:
    'Events are posted there as JSON, signed and timestamped as Standard Webhooks has it. The signing secret is in this ' +
    'answer alone.',
  security: requires('events:write'),
  request: { body: { required: true, ...json(newEndpointSchema, 'Where to, and which events.') } },
  responses: { 201: json(endpointWithSecretSchema, 'The endpoint.'), ...failures(401, 403, 409, 422, 503) },
})

export function createWebhookEndpoint(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { db, keys, audit } = services
    const caller = c.get('caller')
    const { tenant_id } = caller
    const body = c.req.valid('json')
    requireReachable(services, body.url)
    const { count } = await db
      .selectFrom('webhook_endpoints')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .where('tenant_id', '=', tenant_id)
      .executeTakeFirstOrThrow()
    if (Number(count) >= MAXIMUM_ENDPOINTS) {
      throw new Problem(409, 'too_many_webhook_endpoints', `There are ${count} already. Remove one that is not used.`)
    }

    const id = uuidv7()
    const signingSecret = generateWebhookSecret()
    const subject = { type: 'webhook_endpoint', id }
    await audit.append(tenant_id, {
      action: 'webhook_endpoint.create',
      actor: actorOf(caller),
      subject,
      detail: endpointDetail(body),
    })
    const row = await db
      .insertInto('webhook_endpoints')
      .values({
        id,
        tenant_id,
        ...body,
        secret_sealed: await keys.seal(secretPlace(tenant_id, id), signingSecret.reveal()),
      })
      .returning([...endpointColumns])
      .executeTakeFirstOrThrow()
    return c.json({ ...presentEndpoint(row), secret: signingSecret.reveal() }, 201)
  })
}
