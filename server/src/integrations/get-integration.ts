import { createRoute } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { findIntegration } from './find-integration.ts'
import { integrationSchema, presentIntegration } from './integration-record.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/integrations/{id}',
  tags: ['Integrations'],
  summary: 'Get an integration',
  security: requires('integrations:read'),
  request: { params: uuidParameter },
  responses: { 200: json(integrationSchema, 'The integration.'), ...failures(401, 403, 404, 422) },
})

export function getIntegration(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const row = await findIntegration(services, c.get('caller').tenant_id, c.req.valid('param').id)
    return c.json(presentIntegration(row, services.base_url), 200)
  })
}
