import { createRoute } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { findRun, presentRun, runSchema } from './run-record.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/runs/{id}',
  tags: ['Runs'],
  summary: 'Get a run',
  security: requires('runs:read'),
  request: { params: uuidParameter },
  responses: { 200: json(runSchema, 'The run.'), ...failures(401, 403, 404, 422) },
})

export function getRun(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const row = await findRun(services, c.get('caller').tenant_id, c.req.valid('param').id)
    return c.json(await presentRun(services, row), 200)
  })
}
