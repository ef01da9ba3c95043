// Signing in to the console by the identity provider that the operator named.
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { type Api, failures, json } from '../../http/api.ts'
import { cookieName, cookieOptions } from '../../http/cookies.ts'
import { Problem, problemFrom } from '../../http/problem.ts'
import { requireSameOrigin } from '../../http/same-origin.ts'
import type { Services } from '../../services.ts'
import { firstTenant } from '../../tenants/default-tenant.ts'
import { randomToken } from '../../token-digest.ts'
import { openConsoleSession } from '../console-session.ts'
import { setSessionCookie } from '../session-cookie.ts'
import { accessFor, roleScopes } from './access-rules.ts'
import { type IdentityProvider, SIGN_IN_CALLBACK_PATH } from './identity-provider.ts'
import { PENDING_SIGN_IN_SECONDS, storePendingSignIn, takePendingSignIn } from './pending-sign-in.ts'

const tags = ['Console']
const path = '/console/sign_in'

const waysRoute = createRoute({
  method: 'get',
  path,
  tags,
  summary: 'How one can sign in',
  responses: {
    200: json(
      z
        .object({
          identity_provider: z.string().nullable().openapi({ description: 'Its host; null where none is configured.' }),
        })
        .openapi('SignInWays'),
      'Besides an API key, which always serves.',
    ),
  },
})

const startRoute = createRoute({
  method: 'post',
  path,
  tags,
  summary: 'Sign in by the identity provider',
  description: 'Answers with the address to send the browser to, and binds this browser to it.',
  responses: {
    200: json(z.object({ authorization_url: z.url() }).openapi('SignInStart'), 'Send the browser there.'),
    ...failures(403, 404, 429, 502, 503),
  },
})

/** Why a sign-in did not end in a session; the sign-in page explains them. */
type Refusal = 'denied' | 'not_allowed' | 'expired' | 'failed'

export function signInRoutes(api: Api, services: Services) {
  const cookie = cookieName(services.base_url, 'sluice_sign_in')

  api.openapi(waysRoute, (c) => c.json({ identity_provider: services.identity_provider?.host ?? null }, 200))

  api.openapi(startRoute, async (c) => {
    requireSameOrigin(c, services.base_url)
    const { conversation } = requireProvider(services)
    const started = await conversation.startAuthorization({ redirect_uri: redirectUri(services), config: {} })
    const browser = randomToken()
    const home = await firstTenant(services.db)
    await storePendingSignIn(services, home, { state: started.state, browser, kept: started.kept })
    setCookie(c, cookie, browser, cookieOptions(services.base_url, PENDING_SIGN_IN_SECONDS))
    return c.json({ authorization_url: started.url }, 200)
  })

  api.get(SIGN_IN_CALLBACK_PATH, async (c) => {
    if (c.req.method === 'HEAD') return c.body(null, 405, { allow: 'GET' })
    const refusal = await finish(c, services, cookie)
    c.header('cache-control', 'no-store')
    c.header('referrer-policy', 'no-referrer')
    const target = refusal === null ? '/' : `/console/sign-in?refused=${refusal}`
    return c.redirect(new URL(target, services.base_url).href, 303)
  })
}

/** Nothing is sent before the response fits what this browser started. */
async function finish(c: Context, services: Services, cookie: string): Promise<Refusal | null> {
  const browser = getCookie(c, cookie)
  const parameters = new URL(c.req.url).searchParams
  const [state, ...others] = parameters.getAll('state')
  if (browser === undefined || state === undefined || others.length > 0) return 'expired'
  const kept = await takePendingSignIn(services, { state, browser })
  if (kept === null) return 'expired'
  deleteCookie(c, cookie, cookieOptions(services.base_url, 0))
  try {
    const { conversation, access, rules_digest } = requireProvider(services)
    const { identity } = await conversation.completeAuthorization({ kept, parameters, config: {} })
    if (identity.status !== 'valid') {
      const reason = identity.status === 'discarded' ? identity.reason : 'absent'
      services.log.warn({ reason }, 'sign-in without a usable ID token')
      return 'failed'
    }
    const { claims } = identity
    const rule = accessFor(access, claims)
    if (rule === null) {
      services.log.warn('sign-in of a person whom no rule of SLUICE_OIDC_ACCESS names')
      return 'not_allowed'
    }
    const value = await openConsoleSession(services, {
      tenant_id: rule.tenant_id ?? (await firstTenant(services.db)),
      api_key_id: null,
      user: typeof claims.email === 'string' ? claims.email : `${claims.iss}#${claims.sub}`,
      scopes: roleScopes[rule.role],
      rules_digest,
      user_agent: c.req.header('user-agent') ?? null,
    })
    setSessionCookie(c, services.base_url, value)
    return null
  } catch (error) {
    const { code } = problemFrom(error, services.log)
    services.log.warn({ code }, 'sign-in did not end in a session')
    return code === 'access_denied' ? 'denied' : 'failed'
  }
}

function requireProvider({ identity_provider }: Services): IdentityProvider {
  if (identity_provider !== null) return identity_provider
  throw new Problem(404, 'no_identity_provider', 'No identity provider is configured. Sign in with an API key.')
}

function redirectUri({ base_url }: Services): string {
  return new URL(SIGN_IN_CALLBACK_PATH, base_url).href
}
