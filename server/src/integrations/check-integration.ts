// The redirect URI that is shown, against the one that an authorization request really carries.
import { createRoute, z } from '@hono/zod-openapi'
import { type GuardedFetch, type JsonObject, OAuthError, type TokenRequest } from '@sluice/oauth'
import { openConfig } from '../connections/connection.ts'
import { findConnector } from '../connectors/find-connector.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { findIntegration } from './find-integration.ts'
import { type IntegrationRow, presentIntegration, redirectUriOf } from './integration-record.ts'
import { openConversation } from './open-conversation.ts'

const checkSchema = z
  .object({
    integration_id: z.uuid(),
    redirect_uri: z.url().openapi({ description: 'What is shown, and must be registered at the provider.' }),
    sent: z
      .url()
      .nullable()
      .openapi({ description: 'What the authorization request carries; null when none was made.' }),
    sent_by: z.enum(['authorization_url', 'request_to_provider']).nullable().openapi({
      description:
        '`request_to_provider`: in a pushed authorization request (RFC 9126) or for temporary credentials (RFC 5849).',
    }),
    equal: z.boolean().nullable(),
    authorization_endpoint: z.url().nullable().openapi({ description: 'Where people are sent to, without its query.' }),
    error: z
      .object({ code: z.string(), message: z.string() })
      .nullable()
      .openapi({ description: 'Why no authorization request could be made.' }),
  })
  .openapi('IntegrationCheck')

const route = createRoute({
  method: 'post',
  path: '/v1/integrations/{id}/check',
  tags: ['Integrations'],
  summary: 'Check an integration',
  description:
    'Makes an authorization request as for a person, with the config of the newest connection, and compares its ' +
    'redirect URI with the one that is shown. Nobody is sent anywhere, and the request is forgotten.',
  security: requires('integrations:write'),
  request: { params: uuidParameter },
  responses: { 200: json(checkSchema, 'What was found.'), ...failures(401, 403, 404, 422) },
})

export function checkIntegration(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const { tenant_id } = c.get('caller')
    const services = forTenant(shared, tenant_id)
    const row = await findIntegration(services, tenant_id, c.req.valid('param').id)
    const { redirect_uri } = presentIntegration(row, services.base_url)
    const request = await dryRequest(services, tenant_id, row)
    const equal = request.sent === null ? null : request.sent === redirect_uri
    return c.json({ integration_id: row.id, redirect_uri, equal, ...request }, 200)
  })
}

async function dryRequest(services: Services, tenant_id: string, row: IntegrationRow) {
  let pushed: string | null = null
  const fetch: GuardedFetch = (request, options) => {
    pushed = redirectUriIn(request) ?? pushed
    return services.fetch(request, options)
  }
  try {
    const connector = await findConnector(services.connectors, row.connector_id)
    const parties = { tenant_id, integration_id: row.id, connector, fetch }
    const conversation = await openConversation(services, parties)
    const { url } = await conversation.startAuthorization({
      redirect_uri: redirectUriOf(services.base_url, row),
      config: await someConfig(services, tenant_id, row.id),
    })
    const { origin, pathname, searchParams } = new URL(url)
    const inUrl = searchParams.get('redirect_uri')
    const sent_by =
      inUrl !== null ? ('authorization_url' as const) : pushed === null ? null : ('request_to_provider' as const)
    return { sent: inUrl ?? pushed, sent_by, authorization_endpoint: origin + pathname, error: null }
  } catch (error) {
    return { sent: null, sent_by: null, authorization_endpoint: null, error: reasonOf(error) }
  }
}

/** Of a form (RFC 9126 §2.1), or of an OAuth 1.0a header (RFC 5849 §2.1). */
function redirectUriIn({ body, headers }: TokenRequest): string | null {
  const ofForm = new URLSearchParams(body ?? '').get('redirect_uri')
  if (ofForm !== null) return ofForm
  const [, callback] = /\boauth_callback="([^"]*)"/.exec(headers.authorization ?? '') ?? []
  return callback === undefined ? null : decodeURIComponent(callback)
}

/** Templates may want values of it, such as a subdomain. */
async function someConfig(services: Services, tenantId: string, integrationId: string): Promise<JsonObject> {
  const newest = await services.db
    .selectFrom('connections')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('integration_id', '=', integrationId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return newest === undefined ? {} : await openConfig(services, newest)
}

/** Errors of the engine and of routes are sentences for people; others are not shown. */
function reasonOf(error: unknown): { code: string; message: string } {
  if (error instanceof OAuthError) return { code: error.code, message: error.message }
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (typeof code === 'string' && typeof message === 'string') return { code, message }
  return { code: 'internal_error', message: 'The server log says more.' }
}
