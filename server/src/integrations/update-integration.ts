import { createRoute, type z } from '@hono/zod-openapi'
import { secret } from '@sluice/oauth'
import { covers } from '../api-keys/scopes.ts'
import { actorOf } from '../audit/audit-actor.ts'
import type { AuditActor } from '../audit/audit-record.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import { text } from '../http/text.ts'
import type { Services } from '../services.ts'
import { authorizationServerFields, requireProof } from './authorization-server.ts'
import { type ClientKeys, checkClientKeys, clientKeysSchema } from './client-keys.ts'
import { findIntegration, openIntegration } from './find-integration.ts'
import {
  brandSchema,
  type IntegrationRow,
  integrationColumns,
  integrationSchema,
  presentIntegration,
  relaySchema,
} from './integration-record.ts'
import { integrationSettings } from './integration-settings.ts'
import { readRelayKey } from './relay-key.ts'
import { requireSameIssuer } from './require-same-issuer.ts'

const { token_endpoint_auth_method, assertion_audience, issuer, scopes, resource, dpop } = authorizationServerFields

const changesSchema = integrationSettings
  .extend({
    name: text(1, 200).optional(),
    token_endpoint_auth_method: token_endpoint_auth_method.nullable(),
    assertion_audience: assertion_audience.nullable(),
    issuer: issuer.nullable(),
    scopes: scopes.nullable(),
    resource: resource.nullable(),
    dpop: dpop.nullable(),
    relay: relaySchema.nullish(),
    brand: brandSchema.nullish(),
  })
  .strict()

type Changes = z.infer<typeof changesSchema>

const route = createRoute({
  method: 'patch',
  path: '/v1/integrations/{id}',
  tags: ['Integrations'],
  summary: 'Change an integration',
  description:
    'A new client secret is used from the next request to the provider on; connections stay as they are. Null takes a setting away. Another `issuer` is sent no secret that the sender may not read: send the client secret again, or use a key with `credentials:read` (422 `secret_destination_changed`). The client id cannot be changed, because grants are bound to it: create another integration, and repair connections with it.',
  security: requires('integrations:write'),
  request: {
    params: uuidParameter,
    body: { required: true, ...json(changesSchema, 'What is to change; the rest stays.') },
  },
  responses: { 200: json(integrationSchema, 'The integration as it stands now.'), ...failures(401, 403, 404, 422) },
})

export function updateIntegrationRoute(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const caller = c.get('caller')
    const services = forTenant(shared, caller.tenant_id)
    const { id } = c.req.valid('param')
    const changes = c.req.valid('json')
    const row = await changeIntegration(services, {
      tenant_id: caller.tenant_id,
      id,
      changes,
      actor: actorOf(caller),
      reads_credentials: covers(caller.scopes, 'credentials:read'),
    })
    return c.json(presentIntegration(row, services.base_url), 200)
  })
}

interface IntegrationChange {
  tenant_id: string
  id: string
  changes: Changes
  actor: AuditActor
  reads_credentials: boolean
}

async function changeIntegration(services: Services, change: IntegrationChange): Promise<IntegrationRow> {
  const { tenant_id, id, actor } = change
  const { signing_key, client_certificate, client_secret, relay, ...plain } = change.changes
  const integration = await findIntegration(services, tenant_id, id)
  const { client } = await openIntegration(services, tenant_id, id)
  const keys = { ...keysOf(client), ...defined({ signing_key, client_certificate }) }
  await checkClientKeys(keys, services.now())
  const method =
    plain.token_endpoint_auth_method === undefined
      ? client.token_endpoint_auth_method
      : plain.token_endpoint_auth_method
  requireProof({
    ...keys,
    ...(method && { token_endpoint_auth_method: method }),
    client_secret: client_secret === undefined ? (client.client_secret ?? null) : secret(client_secret),
  })

  if (!change.reads_credentials) {
    const keeps_client_secret = client.client_secret !== undefined && client_secret === undefined
    await requireSameIssuer(services, { tenant_id, integration, issuer: plain.issuer, keeps_client_secret })
  }

  const place = (column: string) => ({ tenant_id, table: 'integrations', column, row: id })
  const changesKeys = signing_key !== undefined || client_certificate !== undefined
  const values = {
    ...defined(plain),
    ...(client_secret !== undefined && {
      client_secret_sealed: await services.keys.seal(place('client_secret'), client_secret),
      client_secret_changed_at: services.now(),
    }),
    ...(changesKeys && { client_keys_sealed: await services.keys.seal(place('client_keys'), keys) }),
    ...(relay !== undefined && {
      relay: relay && { ...relay, public_key: await readRelayKey(relay.public_key) },
    }),
  }
  const detail = { changed: Object.keys(defined(change.changes)).sort() }
  const subject = { type: 'integration', id }
  await services.audit.append(tenant_id, { action: 'integration.update', actor, subject, detail })
  if (Object.keys(values).length === 0) return await findIntegration(services, tenant_id, id)
  return await services.db
    .updateTable('integrations')
    .set(values)
    .where('tenant_id', '=', tenant_id)
    .where('id', '=', id)
    .returning([...integrationColumns])
    .executeTakeFirstOrThrow()
}

/** The keys as they are stored. */
function keysOf({
  signing_key,
  client_certificate,
}: Awaited<ReturnType<typeof openIntegration>>['client']): ClientKeys {
  return clientKeysSchema.parse({
    ...(signing_key && { signing_key: { ...signing_key, private_key: signing_key.private_key.reveal() } }),
    ...(client_certificate && {
      client_certificate: { ...client_certificate, private_key: client_certificate.private_key.reveal() },
    }),
  })
}

function defined<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as { [Key in keyof T]?: Exclude<T[Key], undefined> } // undefined was taken out
}
