import type { Context, MiddlewareHandler } from 'hono'
import { requireScope } from '../api-keys/scopes.ts'
import { findConsoleSession } from '../console/console-session.ts'
import { readSessionCookie } from '../console/session-cookie.ts'
import type { Services } from '../services.ts'
import type { Api } from './api.ts'
import type { Caller } from './caller.ts'
import { Problem } from './problem.ts'
import { requiredScopes } from './required-scope.ts'
import { requireSameOrigin } from './same-origin.ts'

/** Authenticates, and checks the route's scope, before anything of the request is read. */
export function authenticate(api: Api, services: Services): MiddlewareHandler<{ Variables: { caller: Caller } }> {
  const requiredScope = requiredScopes(api)
  return async (c, next) => {
    const caller = await identify(c, services).catch((error) => {
      // Guessing keys costs reads of the database: who sends wrong ones is counted like anyone without one.
      services.rate_limits.countAnonymous(c)
      throw error
    })
    services.rate_limits.countKey(caller.api_key_id ?? `${caller.tenant_id} ${caller.user}`)
    const needed = requiredScope(c)
    if (needed !== null) requireScope(caller.scopes, needed, 'This operation')
    c.set('caller', caller)
    return next()
  }
}

async function identify(c: Context, services: Services): Promise<Caller> {
  const authorization = c.req.header('authorization')
  if (authorization !== undefined) {
    const [scheme, key, ...others] = authorization.split(' ')
    if (scheme?.toLowerCase() === 'bearer' && key && others.length === 0) return services.api_keys.authenticate(key)
    throw unauthenticated('The Authorization header is not of the form `Bearer sluice_…`.')
  }

  const cookie = readSessionCookie(c, services.base_url)
  const session = cookie === undefined ? null : await findConsoleSession(services, cookie)
  if (session === null) throw unauthenticated('Send an API key as `Authorization: Bearer …`.')
  requireSameOrigin(c, services.base_url)
  return session.caller
}

const unauthenticated = (detail: string) => new Problem(401, 'not_authenticated', detail)
