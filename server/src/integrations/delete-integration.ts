import { createRoute } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { findIntegration } from './find-integration.ts'

const route = createRoute({
  method: 'delete',
  path: '/v1/integrations/{id}',
  tags: ['Integrations'],
  summary: 'Delete an integration',
  description:
    'With its connect sessions. Refused while connections use it: delete those first, which revokes their tokens.',
  security: requires('integrations:write'),
  request: { params: uuidParameter },
  responses: { 204: { description: 'It is gone.' }, ...failures(401, 403, 404, 409, 422) },
})

export function deleteIntegrationRoute(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const caller = c.get('caller')
    const { tenant_id } = caller
    const services = forTenant(shared, tenant_id)
    const { id } = c.req.valid('param')
    await findIntegration(services, tenant_id, id)
    await requireUnused(services, tenant_id, id)
    const subject = { type: 'integration', id }
    await services.audit.append(tenant_id, { action: 'integration.delete', actor: actorOf(caller), subject })
    await services.db.transaction().execute(async (tx) => {
      await tx
        .deleteFrom('connect_sessions')
        .where('tenant_id', '=', tenant_id)
        .where('integration_id', '=', id)
        .execute()
      await tx.deleteFrom('integrations').where('tenant_id', '=', tenant_id).where('id', '=', id).execute()
    })
    return c.body(null, 204)
  })
}

/** A connection that is made in between keeps the integration: its foreign key refuses the deletion. */
async function requireUnused({ db }: Services, tenantId: string, id: string): Promise<void> {
  const used = await db
    .selectFrom('connections')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('tenant_id', '=', tenantId)
    .where('integration_id', '=', id)
    .executeTakeFirstOrThrow()
  if (used.count === '0') return
  throw new Problem(409, 'integration_in_use', `${used.count} connections use this integration. Delete them first.`)
}
