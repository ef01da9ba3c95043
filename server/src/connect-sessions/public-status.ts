// The status of one connect session for whoever holds its status token: the page that opened the popup, or a device
// that shows a code (RFC 8628 §3.4). The token reads this and does nothing else, so a browser may have it.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type Api, failures, json } from '../http/api.ts'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { awaitConnectSession, waitQuery } from './await-connect-session.ts'
import { type ConnectSessionRow, connectSessionStatus, connectSessionStatuses } from './connect-session-record.ts'
import { findByStatusToken } from './find-connect-session.ts'
import { pollFromDevice } from './poll-from-device.ts'
import { streamConnectSession } from './stream-connect-session.ts'

const publicStatusSchema = z
  .object({
    id: z.uuid(),
    status: z.enum(connectSessionStatuses),
    connection_id: z.uuid().nullable().openapi({ description: 'Once the session is completed.' }),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    version: z.int(),
    expires_at: z.iso.datetime(),
  })
  .openapi('ConnectSessionStatus')

const tags = ['Connect status']
const tokenParameter = z.object({
  status_token: z
    .string()
    .max(200)
    .openapi({ param: { name: 'status_token', in: 'path' } }),
})

const route = createRoute({
  method: 'get',
  path: '/connect_status/{status_token}',
  tags,
  summary: 'How a connect session stands',
  description:
    'Needs no API key. Readable from pages of the session’s `allowed_origins`. With `wait` the answer comes when the ' +
    'session ends, or when it is no longer at `version`, or when the seconds are over.',
  request: { params: tokenParameter, query: waitQuery },
  responses: { 200: json(publicStatusSchema, 'The status.'), ...failures(404, 422, 503) },
})

const eventsRoute = createRoute({
  method: 'get',
  path: '/connect_status/{status_token}/events',
  tags,
  summary: 'Follow a connect session from a page',
  description: 'Server-sent events: a `status` event at once and with each change, until the session ends.',
  request: { params: tokenParameter },
  responses: {
    200: { description: 'The events.', content: { 'text/event-stream': { schema: z.string() } } },
    204: { description: 'The session has ended, and the caller knows (`Last-Event-ID`): there is nothing to follow.' },
    ...failures(404, 422, 503),
  },
})

const pollRoute = createRoute({
  method: 'post',
  path: '/connect_status',
  tags,
  summary: 'Poll from a device',
  description:
    'For a device that shows the code, as in RFC 8628 §3.4: a 400 with the code `authorization_pending` while the person ' +
    'is at it, `slow_down` when asked sooner than the interval (which grows by five seconds), `access_denied` when the ' +
    'session was cancelled, `expired_token` when it is too late.',
  request: {
    body: { required: true, ...json(z.object({ device_code: z.string().max(200) }).strict(), 'The device’s code.') },
  },
  responses: { 200: json(publicStatusSchema, 'The session is completed.'), ...failures(400, 422) },
})

export function publicStatus(api: Api, services: Services) {
  const reader = (token: string) => async () => {
    const row = await findByStatusToken(services, token)
    if (row === null) throw new Problem(404, 'status_token_unknown', 'This status token is not known here.')
    return row
  }

  api.openapi(route, async (c) => {
    const read = reader(c.req.valid('param').status_token)
    const row = await awaitConnectSession(services, read, { ...c.req.valid('query'), signal: c.req.raw.signal })
    c.header('cache-control', 'no-store')
    shareWithAllowedOrigin(c, row)
    return c.json(presentPublicStatus(row, services.now()), 200)
  })

  api.openapi(eventsRoute, async (c) => {
    const read = reader(c.req.valid('param').status_token)
    const row = await read()
    shareWithAllowedOrigin(c, row)
    return streamConnectSession(c, services, row, read, presentPublicStatus)
  })

  api.openapi(pollRoute, async (c) => {
    const row = await pollFromDevice(services, c.req.valid('json').device_code)
    return c.json(presentPublicStatus(row, services.now()), 200)
  })
}

function presentPublicStatus(row: ConnectSessionRow, now: Date): z.infer<typeof publicStatusSchema> {
  const status = connectSessionStatus(row, now)
  return {
    id: row.id,
    status,
    connection_id: status === 'completed' ? row.connection_id : null,
    error: row.error,
    version: row.version,
    expires_at: row.expires_at.toISOString(),
  }
}

/** Fetch's CORS protocol, for the origins that the session names, compared exactly. */
function shareWithAllowedOrigin(c: Context, row: ConnectSessionRow): void {
  const origin = c.req.header('origin')
  c.header('vary', 'Origin')
  if (origin !== undefined && row.allowed_origins.includes(origin)) c.header('access-control-allow-origin', origin)
}
