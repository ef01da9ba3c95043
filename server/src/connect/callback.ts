// The redirection endpoint (RFC 6749 §3.1.2), one for each integration.

import type { Context } from 'hono'
import { forTenant } from '../database/in-tenant.ts'
import type { Api } from '../http/api.ts'
import { redirectUri } from '../integrations/integration-record.ts'
import type { Services } from '../services.ts'
import { boundValues, unbindBrowser } from './binding-cookie.ts'
import { type CallbackRefusal, callbackErrorPage } from './callback-error-page.ts'
import { rememberBrowser } from './connect-link.ts'
import { finishAuthorization } from './finish-authorization.ts'
import { type TakenAuthorization, takePendingAuthorization } from './pending-authorization.ts'

const MAXIMUM_URL_LENGTH = 8192

/**
 * Reads the authorization response. What does not fit a pending authorization of this browser is refused before any
 * request leaves; everything else ends on the connect page, by a 303 that takes the code out of the address.
 */
export function callback(api: Api, services: Services) {
  api.get('/oauth/callback/:integration_id', async (c) => {
    if (c.req.method === 'HEAD') return c.body(null, 405, { allow: 'GET' })
    const integration_id = c.req.param('integration_id')
    const parameters = new URL(c.req.url).searchParams
    const state = singleState(parameters)
    const refuse = refusalOf(services, integration_id)
    if (state === null || c.req.url.length > MAXIMUM_URL_LENGTH || !UUID.test(integration_id))
      return refuse('malformed')

    const pending = await takePendingAuthorization(services, {
      state,
      integration_id,
      redirect_uri: redirectUri(services.base_url, integration_id),
      browser: boundValues(c, services.base_url),
    })
    return typeof pending === 'string' ? refuse(pending) : finishInBrowser(c, services, pending, parameters)
  })
}

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** RFC 6749 §3.1: parameters must not be repeated. */
export function singleState(parameters: URLSearchParams): string | null {
  const [state, ...others] = parameters.getAll(parameters.has('state') ? 'state' : renamedState(parameters))
  return state === undefined || state === '' || others.length > 0 ? null : state
}

/** Some specs say that their provider calls it otherwise, such as `my_state`. */
function renamedState(parameters: URLSearchParams): string {
  const [name = 'state', ...others] = [...parameters.keys()].filter((name) => /state/i.test(name))
  return others.length === 0 ? name : 'state'
}

export function refusalOf({ log }: Services, integration_id: string) {
  return (reason: CallbackRefusal): Response => {
    if (reason !== 'malformed') log.warn({ reason, integration_id }, 'authorization response refused')
    return callbackErrorPage(reason)
  }
}

/** Goes on with an authorization that was taken, and leads this browser back to the connect page. */
export async function finishInBrowser(
  c: Context,
  shared: Services,
  pending: TakenAuthorization,
  parameters: URLSearchParams,
): Promise<Response> {
  const services = forTenant(shared, pending.tenant_id)
  unbindBrowser(c, services.base_url, pending.connect_session_id)
  const browser_hash = rememberBrowser(c, services.base_url, pending.connect_session_id)
  await finishAuthorization(services, pending, { parameters, browser_hash })
  c.header('cache-control', 'no-store')
  c.header('referrer-policy', 'no-referrer')
  return c.redirect(new URL(`/connect/${encodeURIComponent(pending.connect_token)}`, services.base_url).href, 303)
}
