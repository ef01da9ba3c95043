// Where a customer who fronts the callback relays authorization responses to: by the browser, which is bound to its start
// as ever, or from server to server, where the customer's signed word for who came back is the proof.
import { createRoute, z } from '@hono/zod-openapi'
import { connectSessionStatuses } from '../connect-sessions/connect-session-record.ts'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { digest, randomToken } from '../token-digest.ts'
import { boundValues } from './binding-cookie.ts'
import { finishInBrowser, refusalOf, singleState, UUID } from './callback.ts'
import { finishAuthorization } from './finish-authorization.ts'
import { type NotTaken, takePendingAuthorization } from './pending-authorization.ts'
import { openRelayedResponse } from './relayed-response.ts'

const MAXIMUM_URL_LENGTH = 16_384

const serverRoute = createRoute({
  method: 'post',
  path: '/oauth/relay/{integration_id}',
  tags: ['Relay'],
  summary: 'Relay an authorization response from your server',
  description:
    'For integrations with a `relay`. `response` is a JWS by the relay’s key, typ `sluice-relay+jwt`, with the claims ' +
    '`aud` (this address), `iat` (not older than a minute), `sub` (the end user who came back, as your own session ' +
    'knows them: it must be the session’s end user) and `response` (the query string that the provider sent). It ' +
    'works once. A browser may also be redirected here with `?response=`; then its own cookie is asked for too.',
  request: {
    params: z.object({ integration_id: z.uuid().openapi({ param: { name: 'integration_id', in: 'path' } }) }),
    body: { required: true, ...json(z.object({ response: z.string().max(16_000) }).strict(), 'What came back.') },
  },
  responses: {
    200: json(
      z
        .object({
          connect_session_id: z.uuid(),
          status: z.enum(connectSessionStatuses),
          error: z.object({ code: z.string(), message: z.string() }).nullable(),
        })
        .openapi('RelayedAuthorization'),
      'How it ended. With an error the session stays open for another try.',
    ),
    ...failures(400, 422),
  },
})

const refusals: Record<NotTaken, string> = {
  unknown_state: 'This state is not known, or was used.',
  state_expired: 'The authorization was started too long ago.',
  other_integration: 'The authorization was started for another integration or redirect URI.',
  other_browser: 'The authorization was started in another browser.',
  other_person: 'The authorization was started for another end user than the one who came back.',
}

export function relay(api: Api, services: Services) {
  api.get('/oauth/relay/:integration_id', async (c) => {
    if (c.req.method === 'HEAD') return c.body(null, 405, { allow: 'GET' })
    const integration_id = c.req.param('integration_id')
    const refuse = refusalOf(services, integration_id)
    const [signed, ...others] = c.req.queries('response') ?? []
    if (signed === undefined || others.length > 0) return refuse('malformed')
    if (c.req.url.length > MAXIMUM_URL_LENGTH || !UUID.test(integration_id)) return refuse('malformed')

    const relayed = await openRelayedResponse(services, integration_id, signed)
    if (relayed === null) return refuse('relay_refused')
    const { parameters, person, redirect_uri } = relayed
    const state = singleState(parameters)
    if (state === null) return refuse('malformed')
    const browser = boundValues(c, services.base_url)
    const pending = await takePendingAuthorization(services, { state, integration_id, redirect_uri, browser, person })
    return typeof pending === 'string' ? refuse(pending) : finishInBrowser(c, services, pending, parameters)
  })

  api.openapi(serverRoute, async (c) => {
    const { integration_id } = c.req.valid('param')
    const relayed = await openRelayedResponse(services, integration_id, c.req.valid('json').response)
    if (relayed === null) {
      throw new Problem(
        400,
        'relay_refused',
        'It is not signed by the relay’s key for this address within the last minute.',
      )
    }
    const { parameters, person, redirect_uri } = relayed
    const state = singleState(parameters)
    if (state === null) throw new Problem(400, 'malformed', 'The response needs exactly one state.')
    if (person === null)
      throw new Problem(400, 'person_missing', 'Without a browser the claim `sub` must say who came back.')
    const received = { state, integration_id, redirect_uri, browser: null, person }
    const pending = await takePendingAuthorization(services, received)
    if (typeof pending === 'string') throw new Problem(400, pending, refusals[pending])

    // No browser came with it, so none may look at what was made.
    const own = forTenant(services, pending.tenant_id)
    const error = await finishAuthorization(own, pending, { parameters, browser_hash: digest(randomToken()) })
    const status = error === null ? 'completed' : 'open'
    return c.json({ connect_session_id: pending.connect_session_id, status, error } as const, 200)
  })
}
