import { createRoute, z } from '@hono/zod-openapi'
import { covers } from '../api-keys/scopes.ts'
import { actorOf } from '../audit/audit-actor.ts'
import { endUserSchema } from '../connect-sessions/connect-session-record.ts'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { parseJsonObject } from '../http/json-object.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { changeConnection } from './change-connection.ts'
import { connectionSchema, etagOf, presentConnection, selectConnections } from './connection-record.ts'
import { scopesSchema } from './scopes-schema.ts'

const changesSchema = z
  .object({
    config: jsonObjectSchema.optional().openapi({
      description:
        'The whole config in place of the old one. A secret that comes back masked stays as it is. A field that says ' +
        'where secrets are sent (a host, an address) changes together with them, or by a key with `credentials:read`: ' +
        'else the answer is 422 `secret_destination_changed`.',
    }),
    end_user: endUserSchema.nullable().optional(),
    required_scopes: scopesSchema.optional(),
    optional_scopes: scopesSchema.optional(),
    disabled: z.boolean().optional().openapi({
      description: 'A disabled connection is not refreshed, and its credentials are not given out.',
    }),
  })
  .strict()

const route = createRoute({
  method: 'patch',
  path: '/v1/connections/{id}',
  tags: ['Connections'],
  summary: 'Change a connection',
  description: 'Send the `ETag` that you read as `If-Match`, so that nobody’s change in between is lost.',
  security: requires('connections:write'),
  request: {
    params: uuidParameter,
    headers: z.object({
      'if-match': z.string().max(200).optional().openapi({ example: '"3"', description: 'RFC 9110 §13.1.1.' }),
    }),
    body: { required: true, ...json(changesSchema, 'What is to change; the rest stays.') },
  },
  responses: {
    200: json(connectionSchema, 'The connection as it stands now.'),
    ...failures(401, 403, 404, 409, 412, 422, 502),
  },
})

export function updateConnectionRoute(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { config, ...body } = c.req.valid('json')
    const { id } = c.req.valid('param')
    const caller = c.get('caller')
    await changeConnection(services, {
      ...body,
      id,
      tenant_id: caller.tenant_id,
      actor: actorOf(caller),
      reads_credentials: covers(caller.scopes, 'credentials:read'),
      if_match: c.req.valid('header')['if-match'] ?? null,
      config: config && parseJsonObject(config),
    })
    const row = await selectConnections(services, caller.tenant_id)
      .where('connections.id', '=', id)
      .executeTakeFirstOrThrow()
    c.header('etag', etagOf(row))
    return c.json(await presentConnection(services, row), 200)
  })
}
