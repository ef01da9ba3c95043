import { createRoute } from '@hono/zod-openapi'
import { type Api, failures, json } from '../http/api.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { connectorIdParameter, connectorSchema, presentConnector } from './connector-record.ts'
import { findConnector } from './find-connector.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/connectors/{id}',
  tags: ['Connectors'],
  summary: 'Get a connector',
  security: requires('connectors:read'),
  request: { params: connectorIdParameter },
  responses: { 200: json(connectorSchema, 'The connector.'), ...failures(401, 403, 404, 502) },
})

export function getConnector(api: Api, services: Services) {
  api.openapi(route, async (c) => {
    const connector = await findConnector(services.connectors, c.req.valid('param').id)
    return c.json(presentConnector(connector), 200)
  })
}
