import { createRoute } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { notFound } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'

const route = createRoute({
  method: 'delete',
  path: '/v1/console_sessions/{id}',
  tags: ['Console'],
  summary: 'End a console session',
  security: requires('api_keys:write'),
  request: { params: uuidParameter },
  responses: { 204: { description: 'Ended; its browser must sign in again.' }, ...failures(401, 403, 404, 422) },
})

export function endConsoleSession(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const { tenant_id } = c.get('caller')
    const { db } = forTenant(shared, tenant_id)
    const { id } = c.req.valid('param')
    const ended = await db
      .deleteFrom('console_sessions')
      .where('tenant_id', '=', tenant_id)
      .where('id', '=', id)
      .executeTakeFirst()
    if (ended.numDeletedRows !== 1n) throw notFound('console_session', id)
    return c.body(null, 204)
  })
}
