import { createRoute, z } from '@hono/zod-openapi'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type JournalEntry, journalOf } from '../grants/grant-journal.ts'
import { type Api, failures, json } from '../http/api.ts'
import { page, pageOf, pageQuery, uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { findConnection } from './connection.ts'
import { historyOf } from './connection-history.ts'

const entrySchema = z
  .object({
    id: z.uuid(),
    kind: z.string().openapi({
      description:
        '`created`, `imported`, `changed`, `repaired`, `repair_refused`, `scopes_changed`, `disabled`, `enabled`, ' +
        '`exported`, `account_revoked`; `refreshed`, `refresh_failed`, and `refreshing` while one is under way.',
      example: 'repaired',
    }),
    actor: z.object({ type: z.string(), id: z.string() }),
    detail: jsonObjectSchema,
    at: z.iso.datetime(),
  })
  .openapi('ConnectionHistoryEntry')

const route = createRoute({
  method: 'get',
  path: '/v1/connections/{id}/history',
  tags: ['Connections'],
  summary: 'Read a connection’s history',
  description: 'What happened to it and its grant, who did it and when, newest first. Nothing in it is secret.',
  security: requires('connections:read'),
  request: { params: uuidParameter, query: pageQuery },
  responses: {
    200: json(pageOf(entrySchema, 'ConnectionHistory'), 'One page.'),
    ...failures(401, 403, 404, 422),
  },
})

export function getHistory(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { tenant_id } = c.get('caller')
    const { limit, cursor } = c.req.valid('query')
    const connection = await findConnection(services, tenant_id, c.req.valid('param').id)
    const before = cursor === undefined ? {} : { before: cursor }
    const [events, attempts] = await Promise.all([
      historyOf(services, connection, { limit: limit + 1, ...before }),
      journalOf(services, connection, { limit: limit + 1, ...before }),
    ])
    // Ids of both are in order of time.
    const found = [...events, ...attempts.map(asEntry)].sort((one, other) => (one.id < other.id ? 1 : -1))
    const { rows, next_cursor } = page(found, limit)
    return c.json({ data: rows.map((row) => ({ ...row, at: row.at.toISOString() })), next_cursor }, 200)
  })
}

/** An attempt to refresh, as one entry of the history. */
function asEntry({ id, outcome, trigger, version, code, message, began_at, ended_at }: JournalEntry) {
  const kind = outcome === null ? 'refreshing' : outcome === 'refreshed' ? 'refreshed' : 'refresh_failed'
  const detail = { trigger, version, outcome, code, message }
  return { id, kind, actor: { type: 'server', id: 'refresh' }, detail, at: ended_at ?? began_at }
}
