import { createRoute, z } from '@hono/zod-openapi'
import { type Api, failures, json } from '../http/api.ts'
import { problemFrom } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { connectorSchema, presentConnector } from './connector-record.ts'
import { findConnector } from './find-connector.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/connectors',
  tags: ['Connectors'],
  summary: 'List connectors',
  description: 'The connectors that this server may launch. One that does not answer `spec` is left out and logged.',
  security: requires('connectors:read'),
  responses: {
    200: json(
      z.object({ data: z.array(connectorSchema), next_cursor: z.null() }).openapi('ConnectorList'),
      'All connectors.',
    ),
    ...failures(401, 403),
  },
})

export function listConnectors(api: Api, services: Services) {
  api.openapi(route, async (c) => {
    const asked = await Promise.allSettled(
      services.connectors.list().map((connector) => findConnector(services.connectors, connector.id)),
    )
    for (const answer of asked) {
      if (answer.status === 'rejected') {
        services.log.warn({ code: problemFrom(answer.reason, services.log).code }, 'connector left out of the list')
      }
    }
    const data = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [presentConnector(answer.value)] : []))
    return c.json({ data, next_cursor: null }, 200)
  })
}
