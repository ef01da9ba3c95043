import { createRoute, z } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { findRun, presentRun, runOperations, runSchema } from './run-record.ts'
import { startRun } from './start-run.ts'

export const maximumDocuments = z
  .int()
  .min(1)
  .max(1000)
  .default(100)
  .openapi({ description: 'How many documents to keep; the connector is stopped at the checkpoint after them.' })

const route = createRoute({
  method: 'post',
  path: '/v1/runs',
  tags: ['Runs'],
  summary: 'Start a run',
  description:
    'Launches the connection’s connector with its secrets injected. `preview` runs spec, discover, validate and ' +
    'capture in turn and keeps the first documents.',
  security: requires('runs:write'),
  request: {
    query: z.object({
      wait: z.coerce.number().int().min(0).max(120).default(0).openapi({
        type: 'integer',
        description: 'Seconds to wait for the end before answering.',
      }),
    }),
    body: {
      required: true,
      ...json(
        z
          .object({
            connection_id: z.uuid(),
            operation: z.enum(runOperations),
            max_documents: maximumDocuments,
          })
          .strict(),
        'What to launch.',
      ),
    },
  },
  responses: {
    201: json(runSchema, 'The run as it stands; ask again while its status is `running`.'),
    ...failures(401, 403, 404, 422, 503),
  },
})

export function createRun(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { tenant_id } = c.get('caller')
    const started = await startRun(services, { tenant_id, ...c.req.valid('json') })
    await services.runs.settled(started.id, c.req.valid('query').wait * 1000)
    return c.json(await presentRun(services, await findRun(services, tenant_id, started.id)), 201)
  })
}
