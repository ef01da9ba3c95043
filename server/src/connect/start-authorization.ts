import { createRoute, z } from '@hono/zod-openapi'
import type { JsonObject } from '@sluice/oauth'
import type { Context } from 'hono'
import { scopesSchema } from '../connections/scopes-schema.ts'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { parseJsonObject } from '../http/json-object.ts'
import { Problem } from '../http/problem.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { redirectUriOf } from '../integrations/integration-record.ts'
import { openConversation } from '../integrations/open-conversation.ts'
import type { Services } from '../services.ts'
import { bindBrowser } from './binding-cookie.ts'
import { findLink, requireOpen } from './connect-link.ts'
import { connectorForPerson } from './connector-for-person.ts'
import { linkParameter, prefilledConfig } from './get-link.ts'
import type { LinkWithIntegration } from './link-integration.ts'
import { storePendingAuthorization } from './pending-authorization.ts'
import { scopeQuestion, scopesToAskFor, sessionNeeds } from './session-scopes.ts'
import { submittedConfig } from './submitted-config.ts'

const route = createRoute({
  method: 'post',
  path: '/connect/{token}/authorize',
  tags: ['Connect page'],
  summary: 'Start the authorization',
  description: 'Checks the config, then answers with the provider’s authorization URL and binds this browser to it.',
  request: {
    params: linkParameter,
    body: {
      required: true,
      ...json(
        z
          .object({
            config: jsonObjectSchema,
            optional_scopes: scopesSchema.optional().openapi({
              description: 'The optional scopes that the person left selected. Left out: all of them.',
            }),
          })
          .strict(),
        'The filled-in config.',
      ),
    },
  },
  responses: {
    200: json(z.object({ authorization_url: z.url() }).openapi('AuthorizationStart'), 'Send the browser there.'),
    ...failures(403, 404, 410, 422, 429, 502),
  },
})

export function startAuthorization(api: Api, services: Services) {
  api.openapi(route, async (c) => {
    requireSameOrigin(c, services.base_url)
    const { token } = c.req.valid('param')
    const link = await findLink(services, token)
    const { config, optional_scopes } = c.req.valid('json')
    const start = { ...link, token, sent: parseJsonObject(config), optional_scopes }
    return c.json({ authorization_url: await authorizationUrl(c, services, start) }, 200)
  })
}

export interface Start extends LinkWithIntegration {
  /** The link's, to come back to. */
  token: string
  /** The config as the person sent it. */
  sent: JsonObject
  /** Those that the person left selected; left out: all. */
  optional_scopes?: string[] | undefined
}

/**
 * The provider's authorization URL, for which this browser is bound from here on.
 *
 * @throws Problem 410 when the link is over, 422 when the config breaks the schema, 429 when it was started too often
 */
export async function authorizationUrl(c: Context, shared: Services, start: Start) {
  const { session, integration, token, sent } = start
  const services = forTenant(shared, session.tenant_id)
  requireOpen(session, services.now())
  services.start_limit.count(session.id, services.now())
  const connector = await connectorForPerson(services.connectors, session.connector_id)
  if (connector.oauth === null) {
    throw new Problem(422, 'connector_without_oauth', `${connector.title} no longer offers an authorization.`)
  }
  const config = submittedConfig(connector, sent, await prefilledConfig(services, session))

  const { tenant_id, integration_id } = session
  const question = await scopeQuestion(services, connector.oauth.plan, session, sessionNeeds(session, integration))
  const scopes = scopesToAskFor(question, start.optional_scopes)
  const parties = { tenant_id, integration_id, connector, scopes, client: integration }
  const conversation = await openConversation(services, parties)
  const redirect_uri = redirectUriOf(services.base_url, integration)
  const { url, state, kept } = await conversation.startAuthorization({ redirect_uri, config })

  await storePendingAuthorization(services, {
    state,
    browser: bindBrowser(c, services.base_url, session.id),
    tenant_id,
    connect_session_id: session.id,
    integration_id,
    redirect_uri,
    kept,
    connect_token: token,
    config,
  })
  return url
}
