import { createRoute, z } from '@hono/zod-openapi'
import { findConnection } from '../connections/connection.ts'
import { forTenant } from '../database/in-tenant.ts'
import { journalOutcomes, refreshTriggers } from '../database/schema.ts'
import { type JournalEntry, journalOf } from '../grants/grant-journal.ts'
import { type Api, failures, json } from '../http/api.ts'
import { page, pageOf, pageQuery, uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'

const refreshSchema = z
  .object({
    id: z.uuid(),
    trigger: z.enum(refreshTriggers).openapi({
      description:
        'What asked for it: a reader, the queue of refreshes, `POST …/refresh`, a report of a refused token, or the import that it proved.',
    }),
    version: z.int().openapi({ description: 'Of the credentials that it started from.' }),
    began_at: z.iso.datetime(),
    ended_at: z.iso.datetime().nullable(),
    outcome: z
      .enum(journalOutcomes)
      .nullable()
      .openapi({
        description:
          'Null while it goes on. `in_doubt`: the provider’s answer was lost. `superseded`: another attempt had taken ' +
          'over, so nothing was stored. The others are verdicts.',
      }),
    code: z.string().nullable(),
    message: z.string().nullable(),
  })
  .openapi('Refresh')

const route = createRoute({
  method: 'get',
  path: '/v1/connections/{id}/refreshes',
  tags: ['Connections'],
  summary: 'List the refreshes of a connection',
  description: 'Every attempt that called the provider in the last ninety days, newest first, also those that failed.',
  security: requires('connections:read'),
  request: { params: uuidParameter, query: pageQuery },
  responses: { 200: json(pageOf(refreshSchema, 'RefreshList'), 'One page.'), ...failures(401, 403, 404, 422) },
})

export function listRefreshes(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { tenant_id } = c.get('caller')
    const { limit, cursor } = c.req.valid('query')
    const connection = await findConnection(services, tenant_id, c.req.valid('param').id)
    const found = await journalOf(services, connection, { limit: limit + 1, ...(cursor && { before: cursor }) })
    const { rows, next_cursor } = page(found, limit)
    return c.json({ data: rows.map(presentRefreshAttempt), next_cursor }, 200)
  })
}

function presentRefreshAttempt(entry: JournalEntry): z.infer<typeof refreshSchema> {
  return {
    id: entry.id,
    trigger: entry.trigger,
    version: entry.version,
    began_at: entry.began_at.toISOString(),
    ended_at: entry.ended_at?.toISOString() ?? null,
    outcome: entry.outcome,
    code: entry.code,
    message: entry.message,
  }
}
