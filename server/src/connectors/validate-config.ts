import { createRoute, z } from '@hono/zod-openapi'
import { compileSchema } from '@sluice/connector-specs'
import { type Api, failures, json } from '../http/api.ts'
import { parseJsonObject } from '../http/json-object.ts'
import { violationSchema } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { connectorIdParameter, jsonObjectSchema } from './connector-record.ts'
import { findConnector } from './find-connector.ts'

const route = createRoute({
  method: 'post',
  path: '/v1/connectors/{id}/validate',
  tags: ['Connectors'],
  summary: 'Validate a config',
  description: 'Checks an endpoint config against the connector’s schema. Launches nothing and stores nothing.',
  security: requires('connectors:read'),
  request: {
    params: connectorIdParameter,
    body: { required: true, ...json(z.object({ config: jsonObjectSchema }).strict(), 'The config.') },
  },
  responses: {
    200: json(
      z.object({ valid: z.boolean(), errors: z.array(violationSchema) }).openapi('ConfigValidation'),
      'Whether it is valid, and what it breaks.',
    ),
    ...failures(401, 403, 404, 422, 502),
  },
})

export function validateConfig(api: Api, services: Services) {
  api.openapi(route, async (c) => {
    const connector = await findConnector(services.connectors, c.req.valid('param').id)
    const config = parseJsonObject(c.req.valid('json').config)
    const errors = compileSchema(connector.spec.config_schema).validate(config)
    return c.json({ valid: errors.length === 0, errors }, 200)
  })
}
