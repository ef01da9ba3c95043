import { createRoute, z } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { page, pageOf, pageQuery } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { CONSOLE_IDLE_SECONDS } from './console-session.ts'

const consoleSessionSchema = z
  .object({
    id: z.uuid(),
    user: z.string(),
    api_key_id: z.string().nullable().openapi({ description: 'Of the key that it was opened with, and ends with.' }),
    user_agent: z.string().nullable(),
    created_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime().openapi({ description: 'As of the last minute.' }),
    expires_at: z.iso.datetime(),
  })
  .openapi('OpenConsoleSession')

const route = createRoute({
  method: 'get',
  path: '/v1/console_sessions',
  tags: ['Console'],
  summary: 'List open console sessions',
  description: 'Who is signed in to the console of this tenant, newest first.',
  security: requires('api_keys:read'),
  request: { query: pageQuery },
  responses: { 200: json(pageOf(consoleSessionSchema, 'ConsoleSessionList'), 'One page.'), ...failures(401, 403, 422) },
})

export function listConsoleSessions(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const { tenant_id } = c.get('caller')
    const { db, now } = forTenant(shared, tenant_id)
    const { limit, cursor } = c.req.valid('query')
    const found = await db
      .selectFrom('console_sessions')
      .select(['id', 'user_name', 'api_key_id', 'user_agent', 'created_at', 'last_seen_at', 'expires_at'])
      .where('tenant_id', '=', tenant_id)
      .where('expires_at', '>', now())
      .where('last_seen_at', '>', new Date(now().getTime() - CONSOLE_IDLE_SECONDS * 1000))
      .$if(cursor !== undefined, (query) => query.where('id', '<', cursor ?? ''))
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    const { rows, next_cursor } = page(found, limit)
    const data = rows.map(({ user_name, ...row }) => ({
      id: row.id,
      user: user_name,
      api_key_id: row.api_key_id,
      user_agent: row.user_agent,
      created_at: row.created_at.toISOString(),
      last_seen_at: row.last_seen_at.toISOString(),
      expires_at: row.expires_at.toISOString(),
    }))
    return c.json({ data, next_cursor }, 200)
  })
}
