import { createRoute } from '@hono/zod-openapi'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { notFound } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { connectSessionColumns, connectSessionSchema, presentConnectSession } from './connect-session-record.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/connect_sessions/{id}',
  tags: ['Connect sessions'],
  summary: 'Get a connect session',
  description: 'Its status is the truth about how the person fared; what a browser reports is a hint.',
  security: requires('connect_sessions:read'),
  request: { params: uuidParameter },
  responses: { 200: json(connectSessionSchema, 'The session.'), ...failures(401, 403, 404, 422) },
})

export function getConnectSession(api: Api, services: Services) {
  api.openapi(route, async (c) => {
    const { id } = c.req.valid('param')
    const row = await services.db
      .selectFrom('connect_sessions')
      .select([...connectSessionColumns])
      .where('tenant_id', '=', c.get('caller').tenant_id)
      .where('id', '=', id)
      .executeTakeFirst()
    if (row === undefined) throw notFound('connect_session', id)
    return c.json(presentConnectSession(row, services.now()), 200)
  })
}
