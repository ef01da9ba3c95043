import { createRoute, z } from '@hono/zod-openapi'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { type Api, failures, json } from '../http/api.ts'
import { parseJsonObject } from '../http/json-object.ts'
import { Problem } from '../http/problem.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { redirectUri } from '../integrations/integration-record.ts'
import { openConversation } from '../integrations/open-conversation.ts'
import type { Services } from '../services.ts'
import { bindBrowser } from './binding-cookie.ts'
import { findConnectSession, requireOpen } from './connect-link.ts'
import { connectorForPerson } from './connector-for-person.ts'
import { linkParameter, prefilledConfig } from './get-link.ts'
import { storePendingAuthorization } from './pending-authorization.ts'
import { createStartLimit } from './start-limit.ts'
import { submittedConfig } from './submitted-config.ts'

const route = createRoute({
  method: 'post',
  path: '/connect/{token}/authorize',
  tags: ['Connect page'],
  summary: 'Start the authorization',
  description: 'Checks the config, then answers with the provider’s authorization URL and binds this browser to it.',
  request: {
    params: linkParameter,
    body: { required: true, ...json(z.object({ config: jsonObjectSchema }).strict(), 'The filled-in config.') },
  },
  responses: {
    200: json(z.object({ authorization_url: z.url() }).openapi('AuthorizationStart'), 'Send the browser there.'),
    ...failures(403, 404, 410, 422, 429, 502),
  },
})

export function startAuthorization(api: Api, services: Services) {
  const limit = createStartLimit()
  api.openapi(route, async (c) => {
    requireSameOrigin(c, services.base_url)
    const { token } = c.req.valid('param')
    const session = await findConnectSession(services, token)
    requireOpen(session, services.now())
    limit.count(session.id, services.now())
    const connector = await connectorForPerson(services.connectors, session.connector_id)
    if (connector.oauth === null) {
      throw new Problem(422, 'connector_without_oauth', `${connector.title} no longer offers an authorization.`)
    }
    const config = submittedConfig(
      connector,
      parseJsonObject(c.req.valid('json').config),
      await prefilledConfig(services, session),
    )

    const { tenant_id, integration_id } = session
    const conversation = await openConversation(services, { tenant_id, integration_id, connector })
    const redirect_uri = redirectUri(services.base_url, integration_id)
    const { url, state, kept } = await conversation.startAuthorization({ redirect_uri, config })

    await storePendingAuthorization(services, {
      state,
      browser: bindBrowser(c, services.base_url, session.id),
      tenant_id,
      connect_session_id: session.id,
      integration_id,
      kept,
      connect_token: token,
      config,
    })
    return c.json({ authorization_url: url }, 200)
  })
}
