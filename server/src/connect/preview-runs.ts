// A sample of the data, for the person who has just connected, where the backend that made the link allows it.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { notFound, Problem } from '../http/problem.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { findRun, presentRun, runSchema } from '../runs/run-record.ts'
import { startRun } from '../runs/start-run.ts'
import type { Services } from '../services.ts'
import { findConnectSession, linkStatus } from './connect-link.ts'
import { linkParameter } from './get-link.ts'
import { createStartLimit } from './start-limit.ts'

const PREVIEW_DOCUMENTS = 50
/** What only looks: a link moves nobody's state. */
const sampled = ['spec', 'check', 'discover', 'validate', 'preview'] as const
/** A server that was killed in between does not hold the link for longer. */
const CLAIM_MS = 10_000

const startRoute = createRoute({
  method: 'post',
  path: '/connect/{token}/runs',
  tags: ['Connect page'],
  summary: 'Read a sample through the new connection',
  request: {
    params: linkParameter,
    body: { required: true, ...json(z.object({ operation: z.enum(sampled) }).strict(), 'What to launch.') },
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

export function previewRuns(api: Api, shared: Services) {
  const limit = createStartLimit()
  api.openapi(startRoute, async (c) => {
    requireSameOrigin(c, shared.base_url)
    const connection = await previewedConnection(c, shared, c.req.valid('param').token)
    const services = forTenant(shared, connection.tenant_id)
    limit.count(connection.connection_id, services.now())
    const { operation } = c.req.valid('json')
    const { tenant_id, connection_id, actor } = connection
    const run = await alone(services, connection, async () => {
      await requireIdle(services, connection)
      return startRun(services, { tenant_id, connection_id, operation, actor, max_documents: PREVIEW_DOCUMENTS })
    })
    return c.json(forPerson(await presentRun(services, run)), 202)
  })

  api.openapi(readRoute, async (c) => {
    const { token, run_id } = c.req.valid('param')
    const connection = await previewedConnection(c, shared, token)
    const services = forTenant(shared, connection.tenant_id)
    const run = await findRun(services, connection.tenant_id, run_id)
    if (run.connection_id !== connection.connection_id) throw notFound('run', run_id)
    return c.json(forPerson(await presentRun(services, run)), 200)
  })
}

/** Does it while no other request of the link, at any replica, is between looking for an active sample and starting one. */
async function alone<T>(
  { db, now }: Services,
  connection: { tenant_id: string; connect_session_id: string },
  act: () => Promise<T>,
): Promise<T> {
  const session = db
    .updateTable('connect_sessions')
    .where('tenant_id', '=', connection.tenant_id)
    .where('id', '=', connection.connect_session_id)
  const { numUpdatedRows } = await session
    .set({ sample_claimed_until: new Date(now().getTime() + CLAIM_MS) })
    .where((eb) => eb.or([eb('sample_claimed_until', 'is', null), eb('sample_claimed_until', '<', now())]))
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw active()
  try {
    return await act()
  } finally {
    await session.set({ sample_claimed_until: null }).execute()
  }
}

const active = () => new Problem(429, 'run_active', 'A sample is being read already. Wait for its end.')

/** One sample at a time: a link is not a way to keep the server busy. */
async function requireIdle({ db }: Services, connection: { tenant_id: string; connection_id: string }) {
  const found = await db
    .selectFrom('runs')
    .select('id')
    .where('tenant_id', '=', connection.tenant_id)
    .where('connection_id', '=', connection.connection_id)
    .where('status', 'in', ['queued', 'running'])
    .limit(1)
    .executeTakeFirst()
  if (found !== undefined) throw active()
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
  const { tenant_id, connection_id, id: connect_session_id, end_user } = session
  const actor = { type: 'person', id: end_user?.id ?? connect_session_id } as const
  return { tenant_id, connection_id, connect_session_id, actor }
}
