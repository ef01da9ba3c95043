import { createRoute } from '@hono/zod-openapi'
import { type Api, failures, json } from '../http/api.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { connectorIdParameter, connectorSpecSchema, presentConnectorSpec } from './connector-record.ts'
import { findConnector } from './find-connector.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/connectors/{id}/spec',
  tags: ['Connectors'],
  summary: 'Get a connector’s spec',
  description: 'What the connector itself answers to `spec`: its config schemas and whether it uses OAuth.',
  security: requires('connectors:read'),
  request: { params: connectorIdParameter },
  responses: { 200: json(connectorSpecSchema, 'The spec.'), ...failures(401, 403, 404, 502) },
})

export function getConnectorSpec(api: Api, services: Services) {
  api.openapi(route, async (c) => {
    const connector = await findConnector(services.connectors, c.req.valid('param').id)
    return c.json(presentConnectorSpec(connector), 200)
  })
}
