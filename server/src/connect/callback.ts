// The redirection endpoint (RFC 6749 §3.1.2), one for each integration.

import { OAuthError } from '@sluice/oauth'
import type { Context } from 'hono'
import type { Api } from '../http/api.ts'
import { problemFrom } from '../http/problem.ts'
import { redirectUri } from '../integrations/integration-record.ts'
import type { Services } from '../services.ts'
import { boundValues, unbindBrowser } from './binding-cookie.ts'
import { callbackErrorPage } from './callback-error-page.ts'
import { completeAuthorization } from './complete-authorization.ts'
import { rememberBrowser } from './connect-link.ts'
import { type NotTaken, takePendingAuthorization } from './pending-authorization.ts'

const MAXIMUM_QUERY_LENGTH = 8192

/**
 * Reads the authorization response. What does not fit a pending authorization of this browser is refused before any
 * request leaves; everything else ends on the connect page, by a 303 that takes the code out of the address.
 */
export function callback(api: Api, services: Services) {
  api.get('/oauth/callback/:integration_id', async (c) => {
    if (c.req.method === 'HEAD') return c.body(null, 405, { allow: 'GET' })
    const integrationId = c.req.param('integration_id')
    const parameters = new URL(c.req.url).searchParams
    const state = singleState(c.req.url, parameters)
    if (state === null || !UUID.test(integrationId)) return refuse('malformed')

    const pending = await takePendingAuthorization(services, {
      state,
      integration_id: integrationId,
      redirect_uri: redirectUri(services.base_url, integrationId),
      browser: boundValues(c, services.base_url),
    })
    if (typeof pending === 'string') {
      services.log.warn({ reason: pending, integration_id: integrationId }, 'authorization response refused')
      return refuse(pending)
    }
    unbindBrowser(c, services.base_url, pending.connect_session_id)

    try {
      const browserHash = rememberBrowser(c, services.base_url, pending.connect_session_id)
      await completeAuthorization(services, pending, { parameters, browser_hash: browserHash })
    } catch (error) {
      await tellSession(services, pending.connect_session_id, error)
    }
    return leave(c, new URL(`/connect/${encodeURIComponent(pending.connect_token)}`, services.base_url))
  })
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** RFC 6749 §3.1: parameters must not be repeated. */
function singleState(url: string, parameters: URLSearchParams): string | null {
  const [state, ...others] = parameters.getAll(parameters.has('state') ? 'state' : renamedState(parameters))
  if (url.length > MAXIMUM_QUERY_LENGTH || state === undefined || state === '' || others.length > 0) return null
  return state
}

/** Some specs say that their provider calls it otherwise, such as `my_state`. */
function renamedState(parameters: URLSearchParams): string {
  const [name = 'state', ...others] = [...parameters.keys()].filter((name) => /state/i.test(name))
  return others.length === 0 ? name : 'state'
}

function refuse(reason: NotTaken | 'malformed'): Response {
  return callbackErrorPage(reason)
}

function leave(c: Context, target: URL): Response {
  c.header('cache-control', 'no-store')
  c.header('referrer-policy', 'no-referrer')
  return c.redirect(target.href, 303)
}

/** Keeps the reason where the connect page shows it; the session stays open for another try. */
async function tellSession(services: Services, sessionId: string, error: unknown): Promise<void> {
  const problem = problemFrom(error, services.log)
  services.log.warn({ code: problem.code, connect_session_id: sessionId }, 'authorization did not end in a connection')
  await services.db
    .updateTable('connect_sessions')
    .set((eb) => ({
      error: { code: problem.code, message: messageFor(error, problem.message) },
      version: eb('version', '+', 1),
    }))
    .where('id', '=', sessionId)
    .where('completed_at', 'is', null)
    .execute()
  services.session_watch.wake(sessionId)
}

function messageFor(error: unknown, message: string): string {
  if (error instanceof OAuthError && error.code === 'access_denied') return 'Access was denied. Nothing was changed.'
  return message
}
