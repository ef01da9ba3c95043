import { createRoute, z } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import { runVerdicts } from '../runs/run-outcome.ts'
import type { Services } from '../services.ts'
import { checkConnection, checkNames } from './check-connection.ts'

const testSchema = z
  .object({
    connection_id: z.uuid(),
    passed: z.boolean(),
    verdict: z.enum(runVerdicts).nullable().openapi({ description: 'What the failure means; null when all passed.' }),
    owner: z.enum(['person', 'operator', 'provider', 'connector_author']).nullable(),
    next_action: z.string().nullable(),
    checks: z.array(
      z.object({
        check: z.enum(checkNames).openapi({
          description:
            '`config`: against the connector’s schema. `grant`: refreshed if due. `test_call`: the provider’s own. ' +
            '`connector`: what the connector itself says. `enabled`: first, and only where the connection is disabled.',
        }),
        outcome: z.enum(['passed', 'failed', 'skipped']),
        message: z.string().nullable(),
        duration_ms: z.int(),
      }),
    ),
    run_id: z.uuid().nullable().openapi({ description: 'The run that asked the connector.' }),
  })
  .openapi('ConnectionTest')

const route = createRoute({
  method: 'post',
  path: '/v1/connections/{id}/test',
  tags: ['Connections'],
  summary: 'Test a connection',
  description:
    'Checks its config, refreshes its grant if that is due, makes the provider’s test call where one is declared, and ' +
    'has the connector validate. Says who can mend what fails. Reads no data.',
  security: requires('connections:write'),
  request: { params: uuidParameter },
  responses: { 200: json(testSchema, 'How the checks went.'), ...failures(401, 403, 404, 422, 503) },
})

export function testConnectionRoute(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    return c.json(
      await checkConnection(services, c.get('caller').tenant_id, c.req.valid('param').id, actorOf(c.get('caller'))),
      200,
    )
  })
}
