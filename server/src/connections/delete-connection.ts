import { createRoute, z } from '@hono/zod-openapi'
import { actorOf } from '../audit/audit-actor.ts'
import type { AuditActor } from '../audit/audit-record.ts'
import { findConnector } from '../connectors/find-connector.ts'
import { forTenant } from '../database/in-tenant.ts'
import { emitEvent } from '../events/emit-event.ts'
import { readGrant } from '../grants/grant.ts'
import { holdGrant } from '../grants/hold-grant.ts'
import { revokeTokens, type TokenRevocation } from '../grants/revoke-tokens.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import { openConversation } from '../integrations/open-conversation.ts'
import type { Services } from '../services.ts'
import { type ConnectionRow, findConnection, openConfig } from './connection.ts'

const deletionSchema = z
  .object({
    id: z.uuid(),
    deleted: z.literal(true),
    tokens: z
      .array(
        z.object({
          token: z.enum(['refresh_token', 'access_token']),
          outcome: z.enum(['revoked', 'ended_with_other', 'not_offered', 'failed']),
          reason: z.string().nullable(),
        }),
      )
      .openapi({
        description:
          'What became of each token at its provider. `not_offered` and `failed` mean that it lives until it expires: ' +
          'the person can end it in the provider’s account settings.',
      }),
  })
  .openapi('ConnectionDeletion')

const route = createRoute({
  method: 'delete',
  path: '/v1/connections/{id}',
  tags: ['Connections'],
  summary: 'Delete a connection',
  description:
    'Revokes its tokens at the provider first, then deletes config, credentials, history and runs here, whatever the ' +
    'provider answered. What remains is the audit record.',
  security: requires('connections:write'),
  request: { params: uuidParameter },
  responses: { 200: json(deletionSchema, 'What became of its tokens.'), ...failures(401, 403, 404, 409, 422, 503) },
})

export function deleteConnectionRoute(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const caller = c.get('caller')
    const tokens = await deleteConnection(services, caller.tenant_id, c.req.valid('param').id, actorOf(caller))
    return c.json({ id: c.req.valid('param').id, deleted: true as const, tokens }, 200)
  })
}

/**
 * Revokes at the provider, then wipes here: a server that dies in between leaves a connection that can be deleted again.
 *
 * @throws Problem 404; 409 `grant_busy`; 503 when it cannot be recorded, and then nothing was done
 */
export async function deleteConnection(
  services: Services,
  tenantId: string,
  id: string,
  actor: AuditActor,
): Promise<TokenRevocation[]> {
  const row = await findConnection(services, tenantId, id)
  const subject = { type: 'connection', id }
  await services.audit.append(tenantId, { action: 'connection.delete', actor, subject })
  return holdGrant(services, row, async () => {
    const tokens = row.integration_id === null ? [] : await endGrant(services, row)
    await services.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('connections').where('tenant_id', '=', tenantId).where('id', '=', id).execute()
      const outcomes = tokens.map(({ token, outcome }) => ({ token, outcome }))
      const data = { connection_id: id, reason: 'deleted', tokens: outcomes }
      await emitEvent(tx, tenantId, { type: 'connection.revoked', data })
    })
    return tokens
  })
}

/** What cannot be opened or asked for is reported, and keeps nothing from being wiped. */
async function endGrant(services: Services, row: ConnectionRow): Promise<TokenRevocation[]> {
  try {
    const connector = await findConnector(services.connectors, row.connector_id)
    const { tenant_id, integration_id } = row
    const conversation = await openConversation(services, { tenant_id, integration_id, connector })
    const tokens = await readGrant(services, row)
    return await revokeTokens(conversation, { config: await openConfig(services, row), tokens })
  } catch (error) {
    services.log.warn({ error_name: error instanceof Error ? error.name : typeof error }, 'grant could not be revoked')
    const reason = 'The connector or the grant could not be read, so the provider was not asked.'
    return [{ token: 'refresh_token', outcome: 'failed', reason }]
  }
}
