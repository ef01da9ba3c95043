// A sample of the data, for the person who has just connected, where the backend that made the link allows it.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type Api, failures, json } from '../http/api.ts'
import { notFound, Problem } from '../http/problem.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { findRun, presentRun, runOperations, runSchema } from '../runs/run-record.ts'
import { startRun } from '../runs/start-run.ts'
import type { Services } from '../services.ts'
import { findConnectSession, linkStatus } from './connect-link.ts'
import { linkParameter } from './get-link.ts'
import { createStartLimit } from './start-limit.ts'

const PREVIEW_DOCUMENTS = 50

const startRoute = createRoute({
  method: 'post',
  path: '/connect/{token}/runs',
  tags: ['Connect page'],
  summary: 'Read a sample through the new connection',
  request: {
    params: linkParameter,
    body: { required: true, ...json(z.object({ operation: z.enum(runOperations) }).strict(), 'What to launch.') },
  },
  responses: { 202: json(runSchema, 'The run, just started.'), ...failures(403, 404, 422, 429, 503) },
})

const readRoute = createRoute({
  method: 'get',
  path: '/connect/{token}/runs/{run_id}',
  tags: ['Connect page'],
  summary: 'See how the sample is doing',
  request: {
    params: linkParameter.extend({ run_id: z.uuid().openapi({ param: { name: 'run_id', in: 'path' } }) }),
  },
  responses: { 200: json(runSchema, 'The run.'), ...failures(403, 404, 422) },
})

export function previewRuns(api: Api, services: Services) {
  const limit = createStartLimit()
  api.openapi(startRoute, async (c) => {
    requireSameOrigin(c, services.base_url)
    const connection = await previewedConnection(c, services, c.req.valid('param').token)
    limit.count(connection.connection_id, services.now())
    await requireIdle(services, connection)
    const { operation } = c.req.valid('json')
    const run = await startRun(services, { ...connection, operation, max_documents: PREVIEW_DOCUMENTS })
    return c.json(forPerson(await presentRun(services, run)), 202)
  })

  api.openapi(readRoute, async (c) => {
    const { token, run_id } = c.req.valid('param')
    const connection = await previewedConnection(c, services, token)
    const run = await findRun(services, connection.tenant_id, run_id)
    if (run.connection_id !== connection.connection_id) throw notFound('run', run_id)
    return c.json(forPerson(await presentRun(services, run)), 200)
  })
}

/** One sample at a time: a link is not a way to keep the server busy. */
async function requireIdle({ db, now }: Services, connection: { tenant_id: string; connection_id: string }) {
  const active = await db
    .selectFrom('runs')
    .select('id')
    .where('tenant_id', '=', connection.tenant_id)
    .where('connection_id', '=', connection.connection_id)
    .where('status', '=', 'running')
    .where('lease_until', '>', now())
    .limit(1)
    .executeTakeFirst()
  if (active !== undefined) throw new Problem(429, 'run_active', 'A sample is being read already. Wait for its end.')
}

/** What a connector says when it fails, and its logs, are for who runs it: they may tell of machines and paths. */
function forPerson(run: z.infer<typeof runSchema>): z.infer<typeof runSchema> {
  const message = 'The sample could not be read. Whoever sent you the link can see why.'
  return { ...run, logs: [], error: run.error && { ...run.error, message, stderr: '' } }
}

/** The connection of a completed session whose creator allowed a preview, asked for by the browser that completed it. */
async function previewedConnection(c: Context, services: Services, token: string) {
  const session = await findConnectSession(services, token)
  if (!session.preview || session.connection_id === null || linkStatus(c, services, session) !== 'completed') {
    throw new Problem(403, 'preview_not_allowed', 'A sample may be read only in the browser that made the connection.')
  }
  return { tenant_id: session.tenant_id, connection_id: session.connection_id }
}
