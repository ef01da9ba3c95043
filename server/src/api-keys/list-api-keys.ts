import { createRoute, z } from '@hono/zod-openapi'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { page, pageOf, pageQuery } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { apiKeyColumns, apiKeySchema, presentApiKey } from './api-key-record.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/api_keys',
  tags: ['API keys'],
  summary: 'List API keys',
  description: 'Newest first, with those that are revoked or expired.',
  security: requires('api_keys:read'),
  request: {
    query: pageQuery.extend({
      cursor: z
        .string()
        .regex(/^[0-9A-Za-z]{12}$/)
        .optional()
        .openapi({ description: '`next_cursor` of the page before.' }),
    }),
  },
  responses: { 200: json(pageOf(apiKeySchema, 'ApiKeyList'), 'One page.'), ...failures(401, 403, 422) },
})

export function listApiKeys(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const { tenant_id } = c.get('caller')
    const { db } = forTenant(shared, tenant_id)
    const { limit, cursor } = c.req.valid('query')
    const found = await db
      .selectFrom('api_keys')
      .select([...apiKeyColumns])
      .where('tenant_id', '=', tenant_id)
      .$if(cursor !== undefined, (query) =>
        query.where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple('api_keys.created_at', 'api_keys.id'),
            '<',
            selectFrom('api_keys as last')
              .select(['last.created_at', 'last.id'])
              .where('last.tenant_id', '=', tenant_id)
              .where('last.id', '=', cursor ?? '')
              .$asTuple('created_at', 'id'),
          ),
        ),
      )
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    const { rows, next_cursor } = page(found, limit)
    return c.json({ data: rows.map(presentApiKey), next_cursor }, 200)
  })
}
