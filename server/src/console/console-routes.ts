// Signing in to the console: an API key once, a cookie from then on, so that no script of the page can read the key.
import { createRoute, z } from '@hono/zod-openapi'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { type Api, failures, json } from '../http/api.ts'
import { cookieName, cookieOptions } from '../http/cookies.ts'
import { Problem } from '../http/problem.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import type { Services } from '../services.ts'
import {
  CONSOLE_SESSION_SECONDS,
  closeConsoleSession,
  findConsoleSession,
  openConsoleSession,
} from './console-session.ts'

const path = '/console/session'
const tags = ['Console']

const signInRoute = createRoute({
  method: 'post',
  path,
  tags,
  summary: 'Sign in to the console',
  request: {
    body: { required: true, ...json(z.object({ api_key: z.string().max(200) }).strict(), 'An API key.') },
  },
  responses: { 204: { description: 'Signed in; the session is in a cookie.' }, ...failures(401, 403, 422) },
})

const readRoute = createRoute({
  method: 'get',
  path,
  tags,
  summary: 'Who is signed in',
  responses: {
    200: json(
      z.object({ tenant: z.object({ id: z.uuid(), name: z.string() }) }).openapi('ConsoleSession'),
      'The tenant.',
    ),
    ...failures(401),
  },
})

const signOutRoute = createRoute({
  method: 'delete',
  path,
  tags,
  summary: 'Sign out of the console',
  responses: { 204: { description: 'Signed out.' }, ...failures(403) },
})

export function consoleRoutes(api: Api, services: Services) {
  const name = cookieName(services.base_url, 'sluice_console')

  api.openapi(signInRoute, async (c) => {
    requireSameOrigin(c, services.base_url)
    const caller = await services.api_keys.authenticate(c.req.valid('json').api_key)
    const value = await openConsoleSession(services, caller)
    setCookie(c, name, value, cookieOptions(services.base_url, CONSOLE_SESSION_SECONDS))
    return c.body(null, 204)
  })

  api.openapi(readRoute, async (c) => {
    const value = getCookie(c, name)
    const caller = value === undefined ? null : await findConsoleSession(services, value)
    if (caller === null) throw new Problem(401, 'not_authenticated', 'Sign in with an API key.')
    const tenant = await services.db
      .selectFrom('tenants')
      .select(['id', 'name'])
      .where('id', '=', caller.tenant_id)
      .executeTakeFirstOrThrow()
    return c.json({ tenant }, 200)
  })

  api.openapi(signOutRoute, async (c) => {
    requireSameOrigin(c, services.base_url)
    const value = getCookie(c, name)
    if (value !== undefined) await closeConsoleSession(services, value)
    deleteCookie(c, name, cookieOptions(services.base_url, 0))
    return c.body(null, 204)
  })
}
