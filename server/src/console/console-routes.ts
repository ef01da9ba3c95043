// Signing in to the console: an API key or a one-time link once, a cookie from then on, so that no script of the page can
// read the key. `sign-in/` is the third way.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { scopeSchema } from '../api-keys/scopes.ts'
import { inTenant } from '../database/in-tenant.ts'
import { type Api, failures, json } from '../http/api.ts'
import { Problem } from '../http/problem.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import type { Services } from '../services.ts'
import { findTenant } from '../tenants/tenant-record.ts'
import { takeAdminLink } from './admin-link.ts'
import { closeConsoleSession, type NewConsoleSession, openConsoleSession } from './console-session.ts'
import { clearSessionCookie, readSessionCookie, setSessionCookie } from './session-cookie.ts'
import { signedIn } from './signed-in.ts'

const path = '/console/session'
const tags = ['Console']

const credentials = z.union([
  z.object({ api_key: z.string().max(200) }).strict(),
  z.object({ link: z.string().max(200).openapi({ description: 'Of the link that the server printed.' }) }).strict(),
])

const signInRoute = createRoute({
  method: 'post',
  path,
  tags,
  summary: 'Sign in to the console',
  request: { body: { required: true, ...json(credentials, 'An API key, or the token of a one-time link.') } },
  responses: { 204: { description: 'Signed in; the session is in a cookie.' }, ...failures(401, 403, 422, 429) },
})

const readRoute = createRoute({
  method: 'get',
  path,
  tags,
  summary: 'Who is signed in',
  responses: {
    200: json(
      z
        .object({
          tenant: z.object({ id: z.uuid(), name: z.string() }),
          user: z.string(),
          scopes: z.array(scopeSchema),
          expires_at: z.iso.datetime(),
        })
        .openapi('ConsoleSession'),
      'The tenant, the person and what they may do.',
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
  api.openapi(signInRoute, async (c) => {
    requireSameOrigin(c, services.base_url)
    const session = await provenSession(c, services, c.req.valid('json'))
    setSessionCookie(c, services.base_url, await openConsoleSession(services, session))
    return c.body(null, 204)
  })

  api.openapi(readRoute, async (c) => {
    const { caller, expires_at } = await signedIn(c, services)
    const { tenant_id, user, scopes } = caller
    const { id, name } = await findTenant(inTenant(services.db, tenant_id), tenant_id)
    return c.json(
      { tenant: { id, name }, user: user ?? '', scopes: [...scopes], expires_at: expires_at.toISOString() },
      200,
    )
  })

  api.openapi(signOutRoute, async (c) => {
    requireSameOrigin(c, services.base_url)
    const value = readSessionCookie(c, services.base_url)
    if (value !== undefined) await closeConsoleSession(services, value)
    clearSessionCookie(c, services.base_url)
    return c.body(null, 204)
  })
}

async function provenSession(
  c: Context,
  services: Services,
  given: z.infer<typeof credentials>,
): Promise<NewConsoleSession> {
  const user_agent = c.req.header('user-agent') ?? null
  if ('api_key' in given) {
    const { tenant_id, api_key_id, scopes } = await services.api_keys.authenticate(given.api_key)
    return { tenant_id, api_key_id, user: `API key ${api_key_id}`, scopes, user_agent }
  }
  const tenantId = await takeAdminLink(services, given.link)
  if (tenantId !== null) {
    return { tenant_id: tenantId, api_key_id: null, user: 'one-time link', scopes: ['admin'], user_agent }
  }
  throw new Problem(
    401,
    'link_unknown',
    'This sign-in link was used or has expired. Start the server again for a new one.',
  )
}
