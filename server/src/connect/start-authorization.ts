import { createRoute, z } from '@hono/zod-openapi'
import { buildAuthorizationRequest, createPkce, createState } from '@sluice/oauth'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { type Api, failures, json } from '../http/api.ts'
import { parseJsonObject } from '../http/json-object.ts'
import { Problem } from '../http/problem.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { findIntegration } from '../integrations/find-integration.ts'
import { redirectUri } from '../integrations/integration-record.ts'
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

    const { plan } = connector.oauth
    const integration = await findIntegration(services, session.tenant_id, session.integration_id)
    const state = createState(plan.state?.length)
    const pkce = plan.uses_pkce ? createPkce() : null
    const { url } = buildAuthorizationRequest(plan, {
      client_id: integration.client_id,
      redirect_uri: redirectUri(services.base_url, integration.id),
      state,
      config,
      ...(pkce && { code_challenge: pkce.code_challenge, code_challenge_method: pkce.code_challenge_method }),
    })

    await storePendingAuthorization(services, {
      state,
      browser: bindBrowser(c, services.base_url, session.id),
      tenant_id: session.tenant_id,
      connect_session_id: session.id,
      integration_id: integration.id,
      code_verifier: pkce?.code_verifier ?? null,
      connect_token: token,
      config,
    })
    return c.json({ authorization_url: url }, 200)
  })
}
