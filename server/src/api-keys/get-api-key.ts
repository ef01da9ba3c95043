import { createRoute } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { apiKeyParameter, apiKeySchema, presentApiKey } from './api-key-record.ts'
import { findApiKey } from './find-api-key.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/api_keys/{id}',
  tags: ['API keys'],
  summary: 'Get an API key',
  description: 'What it may do and when it was last used. Its text is never shown again.',
  security: requires('api_keys:read'),
  request: { params: apiKeyParameter },
  responses: { 200: json(apiKeySchema, 'The key.'), ...failures(401, 403, 404, 422) },
})

export function getApiKey(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const { tenant_id } = c.get('caller')
    const { db } = forTenant(shared, tenant_id)
    return c.json(presentApiKey(await findApiKey(db, tenant_id, c.req.valid('param').id)), 200)
  })
}
