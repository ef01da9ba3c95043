import { createRoute } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { findConnection, openConfig } from '../connections/connection.ts'
import { forTenant } from '../database/in-tenant.ts'
import { freshen } from '../grants/fresh-grant.ts'
import { requireUsableGrant } from '../grants/usable-grant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { credentialsSchema, presentCredentials, presentOwnCredentials } from './credentials-record.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/connections/{id}/credentials',
  tags: ['Connections'],
  summary: 'Read fresh credentials',
  description:
    'The access token with its expiry, refreshed first when it is near its end, and the credentials as the connector ' +
    'takes them. Each reading is in the audit log before it is answered. When nothing fresh can be had, the problem’s ' +
    '`code` says whose move it is, and `Retry-After` when to ask again.',
  security: requires('credentials:read'),
  request: { params: uuidParameter },
  responses: { 200: json(credentialsSchema, 'The credentials.'), ...failures(401, 403, 404, 409, 422, 502, 503) },
})

export function getCredentials(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const caller = c.get('caller')
    const { id } = c.req.valid('param')
    const credentials = await readCredentials(services, caller.tenant_id, id)
    await services.audit.append(caller.tenant_id, {
      action: 'credentials.read',
      actor: actorOf(caller),
      subject: { type: 'connection', id },
      detail: { version: credentials.version },
    })
    c.header('cache-control', 'no-store')
    return c.json(credentials, 200)
  })
}

async function readCredentials(services: Services, tenantId: string, id: string) {
  try {
    return presentCredentials(await freshen(services, await requireUsableGrant(services, tenantId, id)))
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'connection_without_grant') throw error
    const connection = await findConnection(services, tenantId, id)
    return presentOwnCredentials(connection, await openConfig(services, connection))
  }
}
