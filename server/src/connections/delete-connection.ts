import { createRoute, z } from '@hono/zod-openapi'
import type { Conversation } from '@sluice/oauth'
import { actorOf } from '../audit/audit-actor.ts'
import type { AuditActor } from '../audit/audit-record.ts'
import { findConnector } from '../connectors/find-connector.ts'
import { DatabaseAwayError } from '../database/database-away.ts'
import { forTenant } from '../database/in-tenant.ts'
import { emitEvent } from '../events/emit-event.ts'
import { readGrant } from '../grants/grant.ts'
import { holdGrant } from '../grants/hold-grant.ts'
import { keptTokens, revokeTokens, type TokenRevocation } from '../grants/revoke-tokens.ts'
import { endsAccount } from '../grants/revoke-unused-tokens.ts'
import { connectionsOfAccount, tellOthers } from '../grants/same-account.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { Problem } from '../http/problem.ts'
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
          outcome: z.enum(['revoked', 'ended_with_other', 'not_offered', 'failed', 'kept']),
          reason: z.string().nullable(),
        }),
      )
      .openapi({
        description:
          'What became of each token at its provider. `not_offered`, `failed` and `kept` mean that it lives until it ' +
          'expires: the person can end it in the provider’s account settings.',
      }),
    also_ended: z.array(z.uuid()).openapi({
      description:
        'Other connections of the same account, whose grants the provider ends with these tokens. They are refreshed at ' +
        'once to see, and then say so themselves.',
    }),
  })
  .openapi('ConnectionDeletion')

const revokeOptions = ['own', 'all', 'none'] as const
type Revoke = (typeof revokeOptions)[number]

const route = createRoute({
  method: 'delete',
  path: '/v1/connections/{id}',
  tags: ['Connections'],
  summary: 'Delete a connection',
  description:
    'Revokes its tokens at the provider first, then deletes config, credentials, history and runs here, whatever the ' +
    'provider answered. What remains is the audit record. Many providers end all that the account allowed the client ' +
    'when one of its tokens is revoked: where another connection is known to have the same account, 409 `account_shared` ' +
    'names it and nothing is done, unless `revoke` says what is wanted.',
  security: requires('connections:write'),
  request: {
    params: uuidParameter,
    query: z.object({
      revoke: z
        .enum(revokeOptions)
        .default('own')
        .openapi({
          description:
            '`own`: revoke, unless that ends another connection. `all`: revoke, whatever ends with it. `none`: leave the ' +
            'tokens alone at the provider; here they are wiped.',
        }),
    }),
  },
  responses: { 200: json(deletionSchema, 'What became of its tokens.'), ...failures(401, 403, 404, 409, 422, 503) },
})

export function deleteConnectionRoute(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const caller = c.get('caller')
    const { id } = c.req.valid('param')
    const options = { revoke: c.req.valid('query').revoke, actor: actorOf(caller) }
    return c.json(
      { id, deleted: true as const, ...(await deleteConnection(services, caller.tenant_id, id, options)) },
      200,
    )
  })
}

export interface DeletedConnection {
  tokens: TokenRevocation[]
  /** Other connections whose grants the revocation ends. */
  also_ended: string[]
}

/**
 * Revokes at the provider, then wipes here: a server that dies in between leaves a connection that can be deleted again.
 *
 * @throws Problem 404; 409 `grant_busy`, or `account_shared` when `revoke` does not say what is to become of the others;
 *   503 when it cannot be recorded, and then nothing was done
 */
export async function deleteConnection(
  services: Services,
  tenantId: string,
  id: string,
  { revoke, actor }: { revoke: Revoke; actor: AuditActor },
): Promise<DeletedConnection> {
  const row = await findConnection(services, tenantId, id)
  const held = await openHeld(services, row)
  const others = held === null ? [] : held.others
  if (revoke === 'own' && others.length > 0) throw accountShared(others)
  const subject = { type: 'connection', id }
  const detail = { revoke, ...(others.length > 0 && { same_account: others }) }
  await services.audit.append(tenantId, { action: 'connection.delete', actor, subject, detail })
  return holdGrant(services, row, async () => {
    const tokens = row.integration_id === null ? [] : await endGrant(services, row, held, revoke)
    const also_ended = tokens.some(({ outcome }) => outcome === 'revoked') ? others : []
    const at = services.now()
    await services.db.transaction().execute(async (tx) => {
      await tx.deleteFrom('connections').where('tenant_id', '=', tenantId).where('id', '=', id).execute()
      const outcomes = tokens.map(({ token, outcome }) => ({ token, outcome }))
      const data = { connection_id: id, reason: 'deleted', tokens: outcomes, also_ended }
      await emitEvent(tx, tenantId, { type: 'connection.revoked', data })
      if (also_ended.length > 0) await tellOthers(tx, row, also_ended, { actor, at })
    })
    return { tokens, also_ended }
  })
}

function accountShared(others: string[]): Problem {
  const detail =
    `Revoking its tokens ends other connections of the same account as well: ${others.join(', ')}. Say revoke=none to ` +
    'leave the tokens alone at the provider, or revoke=all to end them all.'
  return new Problem(409, 'account_shared', detail)
}

/** What it takes to end the grant at its provider, and whose grants would end with it. */
interface HeldGrant {
  conversation: Conversation
  others: string[]
}

/** Null: there is none, or it cannot be opened, and then the provider is not asked. */
async function openHeld(services: Services, row: ConnectionRow): Promise<HeldGrant | null> {
  const { tenant_id, integration_id } = row
  if (integration_id === null) return null
  try {
    const connector = await findConnector(services.connectors, row.connector_id)
    const conversation = await openConversation(services, { tenant_id, integration_id, connector })
    const { account } = await readGrant(services, row)
    const isShared = connector.oauth !== null && endsAccount(connector.oauth.plan)
    const { client_id } = conversation
    return { conversation, others: isShared ? await connectionsOfAccount(services, row, { client_id, account }) : [] }
  } catch (error) {
    if (error instanceof DatabaseAwayError) throw error
    services.log.warn({ error_name: error instanceof Error ? error.name : typeof error }, 'grant could not be opened')
    return null
  }
}

/** What cannot be opened or asked for is reported, and keeps nothing from being wiped. */
async function endGrant(
  services: Services,
  row: ConnectionRow,
  held: HeldGrant | null,
  revoke: Revoke,
): Promise<TokenRevocation[]> {
  try {
    if (held === null) return UNREADABLE
    const tokens = await readGrant(services, row)
    if (revoke === 'none') return keptTokens(tokens)
    return await revokeTokens(held.conversation, { config: await openConfig(services, row), tokens })
  } catch (error) {
    services.log.warn({ error_name: error instanceof Error ? error.name : typeof error }, 'grant could not be revoked')
    return UNREADABLE
  }
}

const UNREADABLE: TokenRevocation[] = [
  {
    token: 'refresh_token',
    outcome: 'failed',
    reason: 'The connector or the grant could not be read, so the provider was not asked.',
  },
]
