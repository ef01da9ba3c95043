import { createRoute, z } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { page, pageOf, pageQuery } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { eventSchema, presentEvent } from './event-record.ts'
import { eventTypes } from './event-types.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/events',
  tags: ['Webhooks'],
  summary: 'List events',
  description: 'What happened in the last thirty days, newest first, whether an endpoint was told or not.',
  security: requires('events:read'),
  request: { query: pageQuery.extend({ type: z.enum(eventTypes).optional() }) },
  responses: { 200: json(pageOf(eventSchema, 'EventList'), 'One page.'), ...failures(401, 403, 422) },
})

export function listEvents(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { limit, cursor, type } = c.req.valid('query')
    const found = await services.db
      .selectFrom('events')
      .select(['id', 'type', 'data', 'created_at'])
      .where('tenant_id', '=', c.get('caller').tenant_id)
      .$if(type !== undefined, (rows) => rows.where('type', '=', type ?? 'run.failed'))
      .$if(cursor !== undefined, (rows) => rows.where('id', '<', cursor ?? ''))
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    const { rows, next_cursor } = page(found, limit)
    return c.json({ data: rows.map(presentEvent), next_cursor }, 200)
  })
}
