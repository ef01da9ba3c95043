import { createRoute } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { notFound } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { connectionSchema, etagOf, presentConnection, selectConnections } from './connection-record.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/connections/{id}',
  tags: ['Connections'],
  summary: 'Get a connection',
  security: requires('connections:read'),
  request: { params: uuidParameter },
  responses: { 200: json(connectionSchema, 'The connection.'), ...failures(401, 403, 404, 422) },
})

export function getConnection(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { id } = c.req.valid('param')
    const row = await selectConnections(services, c.get('caller').tenant_id)
      .where('connections.id', '=', id)
      .executeTakeFirst()
    if (row === undefined) throw notFound('connection', id)
    c.header('etag', etagOf(row))
    return c.json(await presentConnection(services, row), 200)
  })
}
