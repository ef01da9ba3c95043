import { createRoute, z } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { endpointColumns, endpointWithSecretSchema, findEndpoint, presentEndpoint } from './webhook-endpoint.ts'
import { generateWebhookSecret, secretPlace } from './webhook-secret.ts'

const route = createRoute({
  method: 'post',
  path: '/v1/webhook_endpoints/{id}/rotate_secret',
  tags: ['Webhooks'],
  summary: 'Rotate a webhook endpoint’s secret',
  description: 'The new secret is in this answer alone. Until the overlap is over, both sign.',
  security: requires('events:write'),
  request: {
    params: uuidParameter,
    body: {
      required: true,
      ...json(
        z
          .object({
            overlap_seconds: z
              .int()
              .min(0)
              .max(7 * 24 * 3600)
              .default(24 * 3600),
          })
          .strict(),
        'How long the earlier secret goes on signing beside the new one.',
      ),
    },
  },
  responses: { 200: json(endpointWithSecretSchema, 'The endpoint.'), ...failures(401, 403, 404, 422, 503) },
})

export function rotateWebhookSecret(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { db, keys, audit, now } = services
    const caller = c.get('caller')
    const { tenant_id } = caller
    const { id } = c.req.valid('param')
    const { overlap_seconds } = c.req.valid('json')
    await findEndpoint(services, tenant_id, id)
    const subject = { type: 'webhook_endpoint', id }
    const detail = { overlap_seconds }
    await audit.append(tenant_id, { action: 'webhook_endpoint.rotate_secret', actor: actorOf(caller), subject, detail })
    const signingSecret = generateWebhookSecret()
    const row = await db
      .updateTable('webhook_endpoints')
      .set(({ ref }) => ({
        earlier_secret_sealed: ref('secret_sealed'),
        earlier_secret_until: new Date(now().getTime() + overlap_seconds * 1000),
      }))
      .set({ secret_sealed: await keys.seal(secretPlace(tenant_id, id), signingSecret.reveal()) })
      .where('tenant_id', '=', tenant_id)
      .where('id', '=', id)
      .returning([...endpointColumns])
      .executeTakeFirstOrThrow()
    return c.json({ ...presentEndpoint(row), secret: signingSecret.reveal() }, 200)
  })
}
