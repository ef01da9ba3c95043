import { createRoute, z } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { page, pageOf, pageQuery } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import { text } from '../http/text.ts'
import type { Services } from '../services.ts'
import {
  connectSessionColumns,
  connectSessionSchema,
  connectSessionStatuses,
  presentConnectSession,
} from './connect-session-record.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/connect_sessions',
  tags: ['Connect sessions'],
  summary: 'List connect sessions',
  description: 'Newest first. Sessions are kept for thirty days after their expiry.',
  security: requires('connect_sessions:read'),
  request: {
    query: pageQuery.extend({
      status: z.enum(connectSessionStatuses).optional(),
      connection_id: z.uuid().optional(),
      end_user_id: text(1, 500).optional(),
    }),
  },
  responses: { 200: json(pageOf(connectSessionSchema, 'ConnectSessionList'), 'One page.'), ...failures(401, 403, 422) },
})

export function listConnectSessions(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { limit, cursor, status, connection_id, end_user_id } = c.req.valid('query')
    const now = services.now()
    const found = await services.db
      .selectFrom('connect_sessions')
      .select([...connectSessionColumns])
      .where('tenant_id', '=', c.get('caller').tenant_id)
      .$if(connection_id !== undefined, (query) => query.where('connection_id', '=', connection_id ?? ''))
      .$if(end_user_id !== undefined, (query) =>
        query.where((eb) => eb(eb.ref('end_user', '->>').key('id'), '=', end_user_id ?? '')),
      )
      .$if(status === 'completed', (query) => query.where('completed_at', 'is not', null))
      .$if(status !== undefined && status !== 'completed', (query) => query.where('completed_at', 'is', null))
      .$if(status === 'cancelled', (query) => query.where('cancelled_at', 'is not', null))
      .$if(status === 'open' || status === 'expired', (query) => query.where('cancelled_at', 'is', null))
      .$if(status === 'open', (query) => query.where('expires_at', '>', now))
      .$if(status === 'expired', (query) => query.where('expires_at', '<=', now))
      .$if(cursor !== undefined, (query) => query.where('id', '<', cursor ?? ''))
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    const { rows, next_cursor } = page(found, limit)
    return c.json({ data: rows.map((row) => presentConnectSession(row, now)), next_cursor }, 200)
  })
}
