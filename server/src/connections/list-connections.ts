import { createRoute, z } from '@hono/zod-openapi'
import { sql } from 'kysely'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { page, pageOf, pageQuery } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import { text } from '../http/text.ts'
import type { Services } from '../services.ts'
import { connectionSchema, connectionStatuses, presentConnection, selectConnections } from './connection-record.ts'

const query = pageQuery
  .extend({
    connector_id: text(1, 200).optional(),
    integration_id: z.uuid().optional(),
    end_user_id: text(1, 500).optional().openapi({ description: 'Your own id of the person or account.' }),
    status: z.enum(connectionStatuses).optional(),
    act_before: z.iso.datetime({ offset: true }).optional().openapi({
      description: 'Those whose `act_by` lies before this instant: somebody must authorize again.',
    }),
  })
  .strict()

const route = createRoute({
  method: 'get',
  path: '/v1/connections',
  tags: ['Connections'],
  summary: 'List connections',
  description: 'Newest first.',
  security: requires('connections:read'),
  request: { query },
  responses: { 200: json(pageOf(connectionSchema, 'ConnectionList'), 'One page.'), ...failures(401, 403, 422) },
})

export function listConnections(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { limit, ...filter } = c.req.valid('query')
    const found = await filtered(selectConnections(services, c.get('caller').tenant_id), filter)
      .orderBy('connections.id', 'desc')
      .limit(limit + 1)
      .execute()
    const { rows, next_cursor } = page(found, limit)
    const data = await Promise.all(rows.map((row) => presentConnection(services, row)))
    return c.json({ data, next_cursor }, 200)
  })
}

function filtered(connections: ReturnType<typeof selectConnections>, filter: Omit<z.infer<typeof query>, 'limit'>) {
  const { cursor, connector_id, integration_id, end_user_id, status, act_before } = filter
  let found = connections
  if (cursor !== undefined) found = found.where('connections.id', '<', cursor)
  if (connector_id !== undefined) found = found.where('connections.connector_id', '=', connector_id)
  if (integration_id !== undefined) found = found.where('connections.integration_id', '=', integration_id)
  if (end_user_id !== undefined) found = found.where(sql`connections.end_user->>'id'`, '=', end_user_id)
  if (act_before !== undefined) found = found.where('grants.act_by', '<', new Date(act_before))
  if (status === 'disabled') return found.where('connections.disabled_at', 'is not', null)
  if (status !== undefined) found = found.where('connections.status', '=', status)
  return status === undefined ? found : found.where('connections.disabled_at', 'is', null)
}
