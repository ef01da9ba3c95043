import type { MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'
import { authenticateApiKey } from '../api-keys/authenticate-api-key.ts'
import { findConsoleSession } from '../console/console-session.ts'
import type { Services } from '../services.ts'
import type { Caller } from './caller.ts'
import { cookieName } from './cookies.ts'
import { Problem } from './problem.ts'
import { requireSameOrigin } from './same-origin.ts'

/** Authenticates before anything of the request is read. */
export function authenticate(services: Services): MiddlewareHandler<{ Variables: { caller: Caller } }> {
  const consoleCookie = cookieName(services.base_url, 'sluice_console')
  return async (c, next) => {
    const authorization = c.req.header('authorization')
    if (authorization !== undefined) {
      const [scheme, key] = authorization.split(' ')
      const caller = scheme?.toLowerCase() === 'bearer' && key ? await authenticateApiKey(services.db, key) : null
      if (caller === null) throw unauthenticated('The API key is not valid: check that it was copied whole.')
      c.set('caller', caller)
      return next()
    }

    const cookie = getCookie(c, consoleCookie)
    const caller = cookie === undefined ? null : await findConsoleSession(services, cookie)
    if (caller === null) throw unauthenticated('Send an API key as `Authorization: Bearer …`.')
    requireSameOrigin(c, services.base_url)
    c.set('caller', caller)
    return next()
  }
}

const unauthenticated = (detail: string) => new Problem(401, 'not_authenticated', detail)
