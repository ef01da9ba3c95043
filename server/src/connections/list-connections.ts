import { createRoute } from '@hono/zod-openapi'
import { type Api, failures, json } from '../http/api.ts'
import { page, pageOf, pageQuery } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { connectionSchema, presentConnection, selectConnections } from './connection-record.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/connections',
  tags: ['Connections'],
  summary: 'List connections',
  description: 'Newest first.',
  security: requires('connections:read'),
  request: { query: pageQuery },
  responses: { 200: json(pageOf(connectionSchema, 'ConnectionList'), 'One page.'), ...failures(401, 403, 422) },
})

export function listConnections(api: Api, services: Services) {
  api.openapi(route, async (c) => {
    const { limit, cursor } = c.req.valid('query')
    const found = await selectConnections(services, c.get('caller').tenant_id)
      .$if(cursor !== undefined, (query) => query.where('connections.id', '<', cursor ?? ''))
      .orderBy('connections.id', 'desc')
      .limit(limit + 1)
      .execute()
    const { rows, next_cursor } = page(found, limit)
    const data = await Promise.all(rows.map((row) => presentConnection(services, row)))
    return c.json({ data, next_cursor }, 200)
  })
}
