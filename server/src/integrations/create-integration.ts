import { createRoute, z } from '@hono/zod-openapi'
import { type Secret, secret } from '@sluice/oauth'
import { findConnector } from '../connectors/find-connector.ts'
import { forTenant } from '../database/in-tenant.ts'
import type { Brand } from '../database/schema.ts'
import { type Api, failures, json } from '../http/api.ts'
import { Problem } from '../http/problem.ts'
import { requires } from '../http/requires.ts'
import { text } from '../http/text.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import { type AuthorizationServerFields, requireProof } from './authorization-server.ts'
import { type ClientKeys, checkClientKeys } from './client-keys.ts'
import { type IntegrationRow, integrationColumns, integrationSchema, presentIntegration } from './integration-record.ts'
import { integrationSettings } from './integration-settings.ts'
import { readRelayKey } from './relay-key.ts'

const route = createRoute({
  method: 'post',
  path: '/v1/integrations',
  tags: ['Integrations'],
  summary: 'Create an integration',
  description: 'A client registration at a connector’s provider. The client secret is encrypted and never returned.',
  security: requires('integrations:write'),
  request: {
    body: {
      required: true,
      ...json(
        z
          .object({
            connector_id: z.string(),
            name: text(1, 200).optional(),
            client_id: text(1, 2000),
            ...integrationSettings.shape,
          })
          .strict(),
        'The registration.',
      ),
    },
  },
  responses: { 201: json(integrationSchema, 'The integration.'), ...failures(401, 403, 404, 422, 502) },
})

export function createIntegrationRoute(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const services = forTenant(shared, c.get('caller').tenant_id)
    const { client_secret, ...body } = c.req.valid('json')
    const { tenant_id } = c.get('caller')
    const integration = await createIntegration(services, {
      ...body,
      tenant_id,
      client_secret: client_secret === undefined ? null : secret(client_secret),
    })
    return c.json(presentIntegration(integration, services.base_url), 201)
  })
}

export interface NewIntegration extends ClientKeys, AuthorizationServerFields {
  tenant_id: string
  connector_id: string
  name?: string | undefined
  client_id: string
  client_secret: Secret | null
  required_scopes?: string[]
  optional_scopes?: string[]
  return_urls?: string[]
  relay?: { redirect_uri: string; public_key: Record<string, unknown> } | undefined
  brand?: Brand | undefined
}

export async function createIntegration(services: Services, integration: NewIntegration): Promise<IntegrationRow> {
  const connector = await findConnector(services.connectors, integration.connector_id)
  if (connector.oauth === null) {
    throw new Problem(422, 'connector_without_oauth', `${connector.id} declares no OAuth, so it needs no integration.`)
  }

  const { signing_key, client_certificate, client_secret } = integration
  await checkClientKeys(integration, services.now())
  requireProof(integration)

  const id = uuidv7()
  const place = (column: string) => ({ tenant_id: integration.tenant_id, table: 'integrations', column, row: id })
  const hasKeys = signing_key !== undefined || client_certificate !== undefined
  return services.db
    .insertInto('integrations')
    .values({
      id,
      tenant_id: integration.tenant_id,
      connector_id: connector.id,
      name: integration.name ?? connector.title,
      client_id: integration.client_id,
      client_secret_sealed: client_secret && (await services.keys.seal(place('client_secret'), client_secret.reveal())),
      client_secret_changed_at: client_secret && services.now(),
      client_keys_sealed: hasKeys
        ? await services.keys.seal(place('client_keys'), { signing_key, client_certificate })
        : null,
      token_endpoint_auth_method: integration.token_endpoint_auth_method ?? null,
      assertion_audience: integration.assertion_audience ?? null,
      issuer: integration.issuer ?? null,
      scopes: integration.scopes ?? null,
      resource: integration.resource ?? null,
      dpop: integration.dpop ?? null,
      required_scopes: integration.required_scopes ?? [],
      optional_scopes: integration.optional_scopes ?? [],
      return_urls: integration.return_urls ?? [],
      relay:
        integration.relay === undefined
          ? null
          : { ...integration.relay, public_key: await readRelayKey(integration.relay.public_key) },
      brand: integration.brand ?? null,
    })
    .returning([...integrationColumns])
    .executeTakeFirstOrThrow()
}
