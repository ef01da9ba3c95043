import { createRoute } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { apiKeyColumns, apiKeyParameter, apiKeySchema, presentApiKey } from './api-key-record.ts'
import { findApiKey } from './find-api-key.ts'

const route = createRoute({
  method: 'delete',
  path: '/v1/api_keys/{id}',
  tags: ['API keys'],
  summary: 'Revoke an API key',
  description:
    'It stops at once, console sessions opened with it too; on other servers of the installation within a second. ' +
    'It stays in the list. Revoking it again changes nothing.',
  security: requires('api_keys:write'),
  request: { params: apiKeyParameter },
  responses: { 200: json(apiKeySchema, 'The key.'), ...failures(401, 403, 404, 422, 503) },
})

export function revokeApiKey(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const caller = c.get('caller')
    const { tenant_id } = caller
    const services = forTenant(shared, tenant_id)
    const { id } = c.req.valid('param')
    const revoked = await services.db
      .updateTable('api_keys')
      .set({ revoked_at: services.now() })
      .where('tenant_id', '=', tenant_id)
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .returning([...apiKeyColumns])
      .executeTakeFirst()
    if (revoked === undefined) return c.json(presentApiKey(await findApiKey(services.db, tenant_id, id)), 200)
    services.api_keys.forget(id)
    await services.audit.append(tenant_id, {
      action: 'api_key.revoke',
      actor: actorOf(caller),
      subject: { type: 'api_key', id },
    })
    return c.json(presentApiKey(revoked), 200)
  })
}
