import { createRoute, z } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { forTenant } from '../database/in-tenant.ts'
import type { RefreshTrigger } from '../database/schema.ts'
import { problemOf, reauthorizationRequired, refreshPending } from '../grants/fresh-grant.ts'
import { type Grant, readGrant } from '../grants/grant.ts'
import { requireUsableGrant } from '../grants/usable-grant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'

export const refreshResultSchema = z
  .object({
    connection_id: z.uuid(),
    refreshed: z
      .boolean()
      .openapi({ description: 'False when the report said nothing of the token’s age, or was about an older one.' }),
    version: z.int(),
    access_token_expires_at: z.iso.datetime().nullable(),
  })
  .openapi('RefreshResult')

const route = createRoute({
  method: 'post',
  path: '/v1/connections/{id}/refresh',
  tags: ['Connections'],
  summary: 'Refresh now',
  description:
    'Asks the provider for another access token whatever the age of this one, also within the pause after a failure. ' +
    'Needed after a change at the provider; otherwise tokens are refreshed by themselves.',
  security: requires('connections:write'),
  request: { params: uuidParameter },
  responses: {
    200: json(refreshResultSchema, 'The new token’s facts.'),
    ...failures(401, 403, 404, 409, 422, 502, 503),
  },
})

export function refreshCredentials(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const caller = c.get('caller')
    const { id } = c.req.valid('param')
    const grant = await requireUsableGrant(services, caller.tenant_id, id)
    await services.audit.append(caller.tenant_id, {
      action: 'credentials.refresh',
      actor: actorOf(caller),
      subject: { type: 'connection', id },
    })
    return c.json(await refreshWhatever(services, grant, 'demand'), 200)
  })
}

/** Refreshes a token that may be fresh, or waits for whoever is at it. @throws Problem as `freshGrant` does */
export async function refreshWhatever(
  services: Services,
  grant: Grant,
  trigger: RefreshTrigger,
): Promise<z.infer<typeof refreshResultSchema>> {
  const { lease_ms, call_ms } = services.refresher.limits
  const deadline = performance.now() + lease_ms + call_ms
  const place = { id: grant.connection_id, tenant_id: grant.tenant_id }
  for (;;) {
    if (!grant.refreshable) throw await reauthorizationRequired(services, grant)
    const result = await services.refresher.refresh(grant, trigger)
    if (result.outcome === 'failed' || result.outcome === 'postponed') throw problemOf(result)
    const now = await readGrant(services, place)
    if (now.version > grant.version) return presentRefresh(now, true)
    if (!now.refreshable) throw await reauthorizationRequired(services, now)
    if (performance.now() > deadline) throw refreshPending()
    await services.refresher.others.ended(grant, deadline - performance.now())
  }
}

export function presentRefresh(grant: Grant, refreshed: boolean): z.infer<typeof refreshResultSchema> {
  return {
    connection_id: grant.connection_id,
    refreshed,
    version: grant.version,
    access_token_expires_at: grant.access_token_expires_at?.toISOString() ?? null,
  }
}
