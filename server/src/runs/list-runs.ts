import { createRoute, z } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { runOperations, runStatuses } from '../database/schema.ts'
import { type Api, failures, json } from '../http/api.ts'
import { page, pageOf, pageQuery } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { presentRunSummary, runSummarySchema } from './run-record.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/runs',
  tags: ['Runs'],
  summary: 'List runs',
  description: 'Newest first, without what they yielded: get a run for that.',
  security: requires('runs:read'),
  request: {
    query: pageQuery.extend({
      connection_id: z.uuid().optional(),
      status: z.enum(runStatuses).optional(),
      operation: z.enum(runOperations).optional(),
      created_after: z.iso.datetime().optional(),
      created_before: z.iso.datetime().optional(),
    }),
  },
  responses: { 200: json(pageOf(runSummarySchema, 'RunList'), 'One page.'), ...failures(401, 403, 422) },
})

export function listRuns(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { limit, cursor, connection_id, status, operation, created_after, created_before } = c.req.valid('query')
    let query = services.db.selectFrom('runs').selectAll().where('tenant_id', '=', c.get('caller').tenant_id)
    if (connection_id !== undefined) query = query.where('connection_id', '=', connection_id)
    if (status !== undefined) query = query.where('status', '=', status)
    if (operation !== undefined) query = query.where('operation', '=', operation)
    if (created_after !== undefined) query = query.where('created_at', '>', new Date(created_after))
    if (created_before !== undefined) query = query.where('created_at', '<', new Date(created_before))
    if (cursor !== undefined) query = query.where('id', '<', cursor)
    const found = await query
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    const { rows, next_cursor } = page(found, limit)
    return c.json({ data: rows.map(presentRunSummary), next_cursor }, 200)
  })
}
