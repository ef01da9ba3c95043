import { createRoute } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import { type AuditEntry, recordTextAround } from '../audit/audit-record.ts'
import { findConnection, openConfig } from '../connections/connection.ts'
import { DatabaseAwayError } from '../database/database-away.ts'
import { forTenant } from '../database/in-tenant.ts'
import { freshen } from '../grants/fresh-grant.ts'
import { openGrant } from '../grants/grant.ts'
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
    const caller = c.get('caller')
    const services = forTenant(shared, caller.tenant_id)
    const { id } = c.req.valid('param')
    const entry = {
      action: 'credentials.read',
      actor: actorOf(caller),
      subject: { type: 'connection', id },
    }
    let credentials = await readFresh(services, caller.tenant_id, id, entry)
    if (credentials === null) {
      credentials = await readCredentials(services, caller.tenant_id, id)
      await services.audit.append(caller.tenant_id, { ...entry, detail: { version: credentials.version } })
    }
    c.header('cache-control', 'no-store')
    return c.json(credentials, 200)
  })
}

/** In one statement with its audit record; null where there is nothing fresh, or it cannot be recorded so. */
async function readFresh(services: Services, tenantId: string, id: string, entry: Omit<AuditEntry, 'detail'>) {
  const { batches, keys, now } = services
  const at = now()
  const record = recordTextAround(tenantId, entry, 'version', at)
  const row = await batches.recorded_readings(tenantId).add({ connection_id: id, record, at }).catch(whenAway)
  if (row === undefined) return null
  return presentCredentials(await openGrant(keys, { tenant_id: tenantId, id }, row))
}

/** Anything else that is wrong is met again by who goes the longer way, and told there. */
function whenAway(error: unknown): undefined {
  if (error instanceof DatabaseAwayError) throw error
}

/** Refreshed first where that is due. */
async function readCredentials(services: Services, tenantId: string, id: string) {
  try {
    return presentCredentials(await freshen(services, await requireUsableGrant(services, tenantId, id)))
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'connection_without_grant') throw error
    const connection = await findConnection(services, tenantId, id)
    return presentOwnCredentials(connection, await openConfig(services, connection))
  }
}
