import { createRoute, z } from '@hono/zod-openapi'
import { compileSchema } from '@sluice/connector-specs'
import type { JsonObject } from '@sluice/oauth'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { findConnector } from '../connectors/find-connector.ts'
import type { EndUser } from '../database/schema.ts'
import { type Api, failures, json } from '../http/api.ts'
import { parseJsonObject } from '../http/json-object.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import { findIntegration } from '../integrations/find-integration.ts'
import { type IntegrationRow, integrationColumns } from '../integrations/integration-record.ts'
import type { Services } from '../services.ts'
import { digest, randomToken } from '../token-digest.ts'
import { uuidv7 } from '../uuid.ts'
import {
  type ConnectSessionRow,
  connectSessionColumns,
  connectSessionSchema,
  endUserSchema,
  presentConnectSession,
} from './connect-session-record.ts'

const DEFAULT_LIFETIME_SECONDS = 30 * 60
const MAXIMUM_LIFETIME_SECONDS = 7 * 24 * 60 * 60

const route = createRoute({
  method: 'post',
  path: '/v1/connect_sessions',
  tags: ['Connect sessions'],
  summary: 'Create a connect link',
  description: 'A short-lived invitation for one person to make one connection. Send the person to `url`.',
  security: requires('connect_sessions:write'),
  request: {
    body: {
      required: true,
      ...json(
        z
          .object({
            connector_id: z.string(),
            integration_id: z.uuid().optional().openapi({ description: 'May be left out when there is only one.' }),
            end_user: endUserSchema.optional(),
            config: jsonObjectSchema.optional().openapi({ description: 'Prefilled values of the endpoint config.' }),
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
    201: json(connectSessionSchema, 'The session with its link.'),
    ...failures(401, 403, 404, 409, 422, 502),
  },
})

export function createConnectSessionRoute(api: Api, services: Services) {
  api.openapi(route, async (c) => {
    const { config, ...body } = c.req.valid('json')
    const { session, url } = await createConnectSession(services, {
      ...body,
      tenant_id: c.get('caller').tenant_id,
      config: config && parseJsonObject(config),
    })
    return c.json({ ...presentConnectSession(session, services.now()), url }, 201)
  })
}

export interface NewConnectSession {
  tenant_id: string
  connector_id: string
  integration_id?: string | undefined
  end_user?: EndUser | undefined
  config?: JsonObject | undefined
  return_to?: string | undefined
  preview?: boolean
  expires_in_seconds?: number
}

export async function createConnectSession(
  services: Services,
  invitation: NewConnectSession,
): Promise<{ session: ConnectSessionRow; url: string }> {
  const { tenant_id, config } = invitation
  const connector = await findConnector(services.connectors, invitation.connector_id)
  const integration = await chooseIntegration(services, tenant_id, connector.id, invitation.integration_id)
  if (invitation.return_to !== undefined && !integration.return_urls.includes(invitation.return_to)) {
    throw new Problem(422, 'return_to_not_allowed', 'return_to is not one of the integration’s return_urls.', {
      errors: [{ pointer: '/return_to', rule: 'allowlist', message: 'Add this address to return_urls, exactly.' }],
    })
  }
  if (config !== undefined) requireAllowedValues(connector, config)

  const id = uuidv7()
  const token = randomToken()
  const lifetime = invitation.expires_in_seconds ?? DEFAULT_LIFETIME_SECONDS
  const place = { tenant_id, table: 'connect_sessions', column: 'config', row: id }
  const session = await services.db
    .insertInto('connect_sessions')
    .values({
      id,
      tenant_id,
      token_hash: digest(token),
      connector_id: connector.id,
      integration_id: integration.id,
      end_user: invitation.end_user ?? null,
      config_sealed: config === undefined ? null : await services.keys.seal(place, config),
      return_to: invitation.return_to ?? null,
      preview: invitation.preview ?? false,
      expires_at: new Date(services.now().getTime() + lifetime * 1000),
    })
    .returning([...connectSessionColumns])
    .executeTakeFirstOrThrow()
  return { session, url: new URL(`/connect/${token}`, services.base_url).href }
}

async function chooseIntegration(
  services: Services,
  tenantId: string,
  connectorId: string,
  id: string | undefined,
): Promise<IntegrationRow> {
  if (id !== undefined) {
    const integration = await findIntegration(services, tenantId, id)
    if (integration.connector_id === connectorId) return integration
    throw new Problem(422, 'integration_of_another_connector', `Integration ${id} is not for ${connectorId}.`)
  }

  const candidates = await services.db
    .selectFrom('integrations')
    .select([...integrationColumns])
    .where('tenant_id', '=', tenantId)
    .where('connector_id', '=', connectorId)
    .limit(2)
    .execute()
  const [only, another] = candidates
  if (only !== undefined && another === undefined) return only
  throw new Problem(
    409,
    only === undefined ? 'no_integration' : 'several_integrations',
    only === undefined
      ? `${connectorId} has no integration yet: create one with POST /v1/integrations.`
      : `${connectorId} has several integrations: say which with integration_id.`,
  )
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
