import { createRoute, z } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { findConnection } from '../connections/connection.ts'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import { text } from '../http/text.ts'
import type { Services } from '../services.ts'
import { openState } from './connection-state.ts'

const stateSchema = z
  .object({
    connection_id: z.uuid(),
    data: z.array(
      z.object({
        binding_set: z.string().openapi({
          description: 'The bindings that were read: `all`, or a digest of those named; after a colon the target.',
          example: 'all',
        }),
        version: z.int().openapi({ description: 'Counts checkpoints.' }),
        state: jsonObjectSchema.openapi({ description: 'As the connector told it.' }),
        run_id: z.uuid().nullable().openapi({ description: 'The run of the last checkpoint.' }),
        updated_at: z.iso.datetime(),
      }),
    ),
  })
  .openapi('ConnectionState')

const getRoute = createRoute({
  method: 'get',
  path: '/v1/connections/{id}/state',
  tags: ['Runs'],
  summary: 'See how far a connection was read',
  description: 'One state for each set of bindings, and for each target. The next run of the set goes on from it.',
  security: requires('runs:read'),
  request: { params: uuidParameter },
  responses: { 200: json(stateSchema, 'The states.'), ...failures(401, 403, 404, 422) },
})

const resetRoute = createRoute({
  method: 'delete',
  path: '/v1/connections/{id}/state',
  tags: ['Runs'],
  summary: 'Reset the state',
  description: 'The next run reads from the beginning. A run that is reading now ends with `state_conflict`.',
  security: requires('runs:write'),
  request: {
    params: uuidParameter,
    query: z.object({ binding_set: text(1, 200).optional().openapi({ description: 'Left out: of all sets.' }) }),
  },
  responses: {
    200: json(z.object({ deleted: z.int().openapi({ description: 'How many states there were.' }) }), 'It is reset.'),
    ...failures(401, 403, 404, 422, 503),
  },
})

export function connectionStateRoutes(api: Api, shared: Services) {
  api.openapi(getRoute, async (c) => {
    const { tenant_id } = c.get('caller')
    const services = forTenant(shared, tenant_id)
    const { id } = await findConnection(services, tenant_id, c.req.valid('param').id)
    const rows = await services.db
      .selectFrom('connection_states')
      .selectAll()
      .where('tenant_id', '=', tenant_id)
      .where('connection_id', '=', id)
      .orderBy('binding_set')
      .execute()
    const data = rows.map(async (row) => ({
      binding_set: row.binding_set,
      version: row.version,
      state: await openState(services.keys, tenant_id, row),
      run_id: row.run_id,
      updated_at: row.updated_at.toISOString(),
    }))
    return c.json({ connection_id: id, data: await Promise.all(data) }, 200)
  })

  api.openapi(resetRoute, async (c) => {
    const caller = c.get('caller')
    const { tenant_id } = caller
    const services = forTenant(shared, tenant_id)
    const { binding_set } = c.req.valid('query')
    const { id } = await findConnection(services, tenant_id, c.req.valid('param').id)
    await services.audit.append(tenant_id, {
      action: 'connection.reset_state',
      actor: actorOf(caller),
      subject: { type: 'connection', id },
      detail: { binding_set: binding_set ?? null },
    })
    const { numDeletedRows } = await services.db
      .deleteFrom('connection_states')
      .where('tenant_id', '=', tenant_id)
      .where('connection_id', '=', id)
      .$if(binding_set !== undefined, (query) => query.where('binding_set', '=', binding_set ?? ''))
      .executeTakeFirst()
    return c.json({ deleted: Number(numDeletedRows) }, 200)
  })
}
