import { createRoute, z } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { awaitConnectSession, waitQuery } from './await-connect-session.ts'
import { connectSessionSchema, presentConnectSession } from './connect-session-record.ts'
import { findConnectSessionOf } from './find-connect-session.ts'
import { streamConnectSession } from './stream-connect-session.ts'

const description =
  'Its status is the truth about how the person fared; what a browser reports is a hint. With `wait` the answer comes ' +
  'when the session ends, or when it is no longer at `version`, or when the seconds are over.'

const route = createRoute({
  method: 'get',
  path: '/v1/connect_sessions/{id}',
  tags: ['Connect sessions'],
  summary: 'Get a connect session',
  description,
  security: requires('connect_sessions:read'),
  request: { params: uuidParameter, query: waitQuery },
  responses: { 200: json(connectSessionSchema, 'The session.'), ...failures(401, 403, 404, 422, 503) },
})

const eventsRoute = createRoute({
  method: 'get',
  path: '/v1/connect_sessions/{id}/events',
  tags: ['Connect sessions'],
  summary: 'Follow a connect session',
  description: 'Server-sent events: a `status` event with the session at once and with each change, until its end.',
  security: requires('connect_sessions:read'),
  request: { params: uuidParameter },
  responses: {
    200: { description: 'The events.', content: { 'text/event-stream': { schema: z.string() } } },
    204: { description: 'The session has ended, and the caller knows (`Last-Event-ID`): there is nothing to follow.' },
    ...failures(401, 403, 404, 422, 503),
  },
})

export function getConnectSession(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { tenant_id } = c.get('caller')
    const read = () => findConnectSessionOf(services, tenant_id, c.req.valid('param').id)
    const row = await awaitConnectSession(services, read, { ...c.req.valid('query'), signal: c.req.raw.signal })
    return c.json(presentConnectSession(row, services.now()), 200)
  })

  api.openapi(eventsRoute, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { tenant_id } = c.get('caller')
    const read = () => findConnectSessionOf(services, tenant_id, c.req.valid('param').id)
    return streamConnectSession(c, services, await read(), read, presentConnectSession)
  })
}
