import { createRoute, z } from '@hono/zod-openapi'
import { secret } from '@sluice/oauth'
import { actorOf } from '../audit/audit-actor.ts'
import { endUserSchema } from '../connect-sessions/connect-session-record.ts'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { forTenant } from '../database/in-tenant.ts'
import { OWN_GRANT_TYPES } from '../grants/own-grant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { parseJsonObject } from '../http/json-object.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { connectionSchema, etagOf, presentConnection, selectConnections } from './connection-record.ts'
import { makeConnection } from './make-connection.ts'
import { scopesSchema } from './scopes-schema.ts'

const token = z
  .string()
  .min(1)
  .max(32_768)
  .regex(/^[\x20-\x7e]+$/, 'must be visible ASCII')

const grantSchema = z
  .object({
    access_token: token.optional(),
    refresh_token: token.optional(),
    expires_at: z.iso.datetime({ offset: true }).optional().openapi({ description: 'Of the access token.' }),
    scopes: scopesSchema.optional().openapi({ description: 'As granted.' }),
    further: jsonObjectSchema.optional().openapi({
      description: 'What else the provider gave beside the tokens and the connector needs, such as an account’s id.',
    }),
  })
  .strict()
  .refine(({ access_token, refresh_token }) => access_token !== undefined || refresh_token !== undefined, {
    message: 'needs an access_token, a refresh_token or both',
  })
  .openapi({ description: 'Tokens that you already have. They are proven at the provider before they are stored.' })

const newConnectionSchema = z
  .object({
    connector_id: z.string().max(200),
    integration_id: z.uuid().optional().openapi({
      description: 'Whose client the tokens belong to; may be left out when the connector has only one.',
    }),
    end_user: endUserSchema.optional(),
    config: jsonObjectSchema.openapi({
      description:
        'The endpoint config. With `grant` it is without the OAuth credentials; without, it holds the credentials: an ' +
        'API key, a password, a key pair, whatever the connector’s schema asks for.',
    }),
    grant: grantSchema.optional(),
    grant_type: z
      .enum(OWN_GRANT_TYPES)
      .optional()
      .openapi({
        description:
          'In place of `grant`, where the provider declares it: the integration’s client gets the tokens for itself, by ' +
          'its secret or certificate (`client_credentials`) or an assertion that its key signs (`jwt_bearer`).',
      }),
    required_scopes: scopesSchema.default([]),
    optional_scopes: scopesSchema.default([]),
  })
  .strict()
  .refine(({ grant, grant_type }) => grant === undefined || grant_type === undefined, {
    message: 'cannot stand beside grant',
    path: ['grant_type'],
  })

const route = createRoute({
  method: 'post',
  path: '/v1/connections',
  tags: ['Connections'],
  summary: 'Create a connection without a person',
  description:
    'Imports existing OAuth tokens, has the integration’s client get its own, or takes credentials that no provider’s ' +
    'consent page gives. An import that a refresh proves may answer 503 `import_in_doubt`: the connection that it names is ' +
    'kept, so do not import again. Where a person is to authorize, create a connect session instead.',
  security: requires('connections:write'),
  request: { body: { required: true, ...json(newConnectionSchema, 'The connection.') } },
  responses: {
    201: json(connectionSchema, 'The connection.'),
    ...failures(401, 403, 404, 409, 422, 502, 503),
  },
})

export function createConnectionRoute(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { config, grant, ...body } = c.req.valid('json')
    const caller = c.get('caller')
    const id = await makeConnection(services, {
      ...body,
      tenant_id: caller.tenant_id,
      actor: actorOf(caller),
      config: parseJsonObject(config),
      grant: grant && {
        access_token: grant.access_token === undefined ? null : secret(grant.access_token),
        refresh_token: grant.refresh_token === undefined ? null : secret(grant.refresh_token),
        expires_at: grant.expires_at === undefined ? null : new Date(grant.expires_at),
        scopes: grant.scopes ?? null,
        further: parseJsonObject(grant.further ?? {}),
      },
    })
    const row = await selectConnections(services, caller.tenant_id)
      .where('connections.id', '=', id)
      .executeTakeFirstOrThrow()
    c.header('etag', etagOf(row))
    return c.json(await presentConnection(services, row), 201)
  })
}
