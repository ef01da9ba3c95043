import { createRoute, z } from '@hono/zod-openapi'
import { compileSchema, maskConfig } from '@sluice/connector-specs'
import type { JsonObject } from '@sluice/oauth'
import { covers } from '../api-keys/scopes.ts'
import { keepMasked, requireSameDestinations } from '../connections/masked-secrets.ts'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { forTenant } from '../database/in-tenant.ts'
import type { EndUser } from '../database/schema.ts'
import { type Api, failures, json } from '../http/api.ts'
import { parseJsonObject } from '../http/json-object.ts'
import { originSchema } from '../http/origin.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import type { IntegrationRow } from '../integrations/integration-record.ts'
import type { Services } from '../services.ts'
import { digest, randomToken } from '../token-digest.ts'
import { uuidv7 } from '../uuid.ts'
import {
  type ConnectSessionRow,
  connectSessionColumns,
  endUserSchema,
  presentConnectSession,
} from './connect-session-record.ts'
import { findTarget, type SessionTarget } from './session-target.ts'
import { createUserCode, USER_CODE_SECONDS } from './user-code.ts'
import { createdConnectSessionSchema, type SessionSecrets, type WaysIn, waysIn } from './ways-in.ts'

const DEFAULT_LIFETIME_SECONDS = 30 * 60
const MAXIMUM_LIFETIME_SECONDS = 7 * 24 * 60 * 60

/** RFC 6749 §3.3 scope tokens. */
const scopeList = z
  .array(
    z
      .string()
      .max(500)
      .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, { message: 'must be one scope: no spaces, no quotes' }),
  )
  .max(200)

const route = createRoute({
  method: 'post',
  path: '/v1/connect_sessions',
  tags: ['Connect sessions'],
  summary: 'Create a connect session',
  description:
    'A short-lived invitation for one person to make one connection, or to repair one. The answer has every way to use ' +
    'it: a link, a popup or a frame, a QR code, a code to type on another device. A link works for whoever opens it: ' +
    'name the `end_user`, whom the page shows, and give the integration a `relay` where nobody else may finish.',
  security: requires('connect_sessions:write'),
  request: {
    body: {
      required: true,
      ...json(
        z
          .object({
            connector_id: z.string().optional().openapi({ description: 'Needed unless `connection_id` is given.' }),
            connection_id: z.uuid().optional().openapi({
              description:
                'Repair this connection in place: it keeps its id, and its old grant until the new one passes.',
            }),
            allow_different_account: z.boolean().default(false).openapi({
              description: 'With `connection_id`: another account than before is welcome. It is refused otherwise.',
            }),
            integration_id: z.uuid().optional().openapi({ description: 'May be left out when there is only one.' }),
            end_user: endUserSchema.optional(),
            config: jsonObjectSchema.optional().openapi({
              description:
                'Prefilled values of the endpoint config. In a repair they go before what stands, and `********` means ' +
                'the secret that stands; with another host or address beside it send the secret again, or use a key ' +
                'with `credentials:read` (422 `secret_destination_changed`).',
            }),
            required_scopes: scopeList.optional().openapi({
              description: 'Asked for, and an authorization without one of them makes no connection.',
            }),
            optional_scopes: scopeList.optional().openapi({
              description:
                'Asked for too, as far as the person leaves them ticked on the page. With neither list, the connector’s ' +
                'own scopes are asked for.',
            }),
            allowed_origins: z.array(originSchema).max(20).optional().openapi({
              description: 'Pages of these origins may open the link in a popup or a frame, and read the status.',
            }),
            return_to: z.string().max(2000).optional().openapi({
              description: 'Where the person goes on afterwards: one of the integration’s `return_urls`, exactly.',
            }),
            preview: z.boolean().default(false).openapi({
              description: 'Let the person read a sample of the data through the new connection.',
            }),
            expires_in_seconds: z.int().min(60).max(MAXIMUM_LIFETIME_SECONDS).default(DEFAULT_LIFETIME_SECONDS),
          })
          .strict(),
        'The invitation.',
      ),
    },
  },
  responses: {
    201: json(createdConnectSessionSchema, 'The session with its ways in.'),
    ...failures(401, 403, 404, 409, 422, 502),
  },
})

export function createConnectSessionRoute(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { config, ...body } = c.req.valid('json')
    const { session, ways_in } = await createConnectSession(services, {
      ...body,
      tenant_id: c.get('caller').tenant_id,
      reads_credentials: covers(c.get('caller').scopes, 'credentials:read'),
      config: config && parseJsonObject(config),
    })
    return c.json({ ...presentConnectSession(session, services.now()), ...ways_in }, 201)
  })
}

export interface NewConnectSession {
  tenant_id: string
  connector_id?: string | undefined
  connection_id?: string | undefined
  allow_different_account?: boolean
  integration_id?: string | undefined
  end_user?: EndUser | undefined
  config?: JsonObject | undefined
  /** Who invites may read the secrets of the connection to repair (`credentials:read`), and so may send them anywhere. */
  reads_credentials?: boolean
  required_scopes?: string[] | undefined
  optional_scopes?: string[] | undefined
  allowed_origins?: string[] | undefined
  return_to?: string | undefined
  preview?: boolean
  expires_in_seconds?: number
}

export async function createConnectSession(
  services: Services,
  invitation: NewConnectSession,
): Promise<{ session: ConnectSessionRow; ways_in: WaysIn }> {
  const { tenant_id } = invitation
  const target = await findTarget(services, invitation)
  const { connector, integration, connection } = target
  requireReturnUrl(integration, invitation.return_to)
  const config = prefilledBy(invitation, target)

  const id = uuidv7()
  const lifetime = invitation.expires_in_seconds ?? DEFAULT_LIFETIME_SECONDS
  const secrets: SessionSecrets = {
    link_token: randomToken(),
    status_token: randomToken(),
    user_code: createUserCode(),
    user_code_seconds: Math.min(lifetime, USER_CODE_SECONDS),
  }
  const inSeconds = (seconds: number) => new Date(services.now().getTime() + seconds * 1000)
  const place = { tenant_id, table: 'connect_sessions', column: 'config', row: id }
  const session = await services.db
    .insertInto('connect_sessions')
    .values({
      id,
      tenant_id,
      token_hash: digest(secrets.link_token),
      status_token_hash: digest(secrets.status_token),
      user_code_hash: digest(secrets.user_code),
      user_code_expires_at: inSeconds(secrets.user_code_seconds),
      connector_id: connector.id,
      integration_id: integration.id,
      end_user: invitation.end_user ?? connection?.end_user ?? null,
      connection_id: connection?.id ?? null,
      repair: connection !== null,
      allow_different_account: invitation.allow_different_account ?? false,
      required_scopes: invitation.required_scopes ?? null,
      optional_scopes: invitation.optional_scopes ?? null,
      allowed_origins: invitation.allowed_origins ?? [],
      config_sealed: Object.keys(config).length === 0 ? null : await services.keys.seal(place, config),
      return_to: invitation.return_to ?? null,
      preview: invitation.preview ?? false,
      expires_at: inSeconds(lifetime),
    })
    .onConflict((conflict) => conflict.column('user_code_hash').where('user_code_hash', 'is not', null).doNothing())
    .returning([...connectSessionColumns])
    .executeTakeFirst()
  // The code is in use: one in billions, so another one is free.
  if (session === undefined) return createConnectSession(services, invitation)
  return { session, ways_in: waysIn(services.base_url, secrets, session.allowed_origins) }
}

/** What stands, with what the invitation prefills in its place. */
function prefilledBy({ config: given, reads_credentials }: NewConnectSession, { connector, config }: SessionTarget) {
  if (given === undefined) return config
  const schema = connector.spec.config_schema
  const { config: prefilled, kept } = keepMasked(schema, { ...maskConfig(schema, config), ...given }, config)
  requireAllowedValues(connector, Object.fromEntries(Object.keys(given).map((name) => [name, prefilled[name] ?? null])))
  if (reads_credentials !== true) {
    requireSameDestinations(connector, { standing: config, config: prefilled, kept, by: 'caller' })
  }
  return prefilled
}

function requireReturnUrl(integration: IntegrationRow, returnTo: string | undefined): void {
  if (returnTo === undefined || integration.return_urls.includes(returnTo)) return
  throw new Problem(422, 'return_to_not_allowed', 'return_to is not one of the integration’s return_urls.', {
    errors: [{ pointer: '/return_to', rule: 'allowlist', message: 'Add this address to return_urls, exactly.' }],
  })
}

/** A prefilled config may leave fields to the person: what is missing, and what follows from that, is no error yet. */
const rulesOfWhole = new Set(['required', 'oneOf', 'anyOf', 'allOf', 'if', 'not', 'dependentRequired', 'minProperties'])

function requireAllowedValues(connector: DescribedConnector, config: JsonObject): void {
  const errors = compileSchema(connector.spec.config_schema)
    .validate(structuredClone(config))
    .filter(({ rule }) => !rulesOfWhole.has(rule))
    .map((violation) => ({ ...violation, pointer: `/config${violation.pointer}` }))
  if (errors.length === 0) return
  throw new Problem(422, 'invalid_config', `The prefilled config breaks the schema at ${errors[0]?.pointer}.`, {
    errors,
  })
}
