// The connect page as it is sent: the built page, with what it needs without scripts, under a policy that fits the session.
import type { Context } from 'hono'
import { forTenant } from '../database/in-tenant.ts'
import { pageHeaders } from '../http/security-headers.ts'
import { html } from '../reference/markup.ts'
import type { Services } from '../services.ts'
import { type ConnectSession, knownConnectSession } from './connect-link.ts'
import { brandOf } from './get-link.ts'
import { plainConnect } from './plain-connect.ts'

const NOSCRIPT = /<noscript>.*?<\/noscript>/s

/** Sends the page whatever the token is: the page itself says what is wrong with it. */
export async function connectPage(c: Context, shared: Services, built: string): Promise<Response> {
  const token = c.req.param('token') ?? ''
  const session = await knownConnectSession(shared, token)
  const services = session === null ? shared : forTenant(shared, session.tenant_id)
  const fallback = await plainConnect(c, services, session, token)
  const page = built.replace(
    NOSCRIPT,
    () => html`<noscript><div class="connect"><main class="card">${fallback}</main></div></noscript>`.text,
  )
  const headers = { ...pageHeaders, 'content-type': 'text/html; charset=utf-8' }
  return new Response(page, {
    headers: session === null ? headers : { ...headers, ...(await policyFor(services, session)) },
  })
}

/**
 * A page that opened this one as a popup may be told of its end, so the two must know of each other: the default opener
 * policy (COOP, HTML §7.1.3) where the session names such pages, the strict one where it names none. The brand's logo is
 * the one image from elsewhere.
 */
async function policyFor(services: Services, session: ConnectSession): Promise<Record<string, string>> {
  const logo = (await brandOf(services, session))?.logo_url
  const policy = pageHeaders['content-security-policy'] ?? ''
  return {
    ...(session.allowed_origins.length > 0 && { 'cross-origin-opener-policy': 'unsafe-none' }),
    ...(logo && {
      'content-security-policy': policy.replace("img-src 'self' data:", `img-src 'self' data: ${sourceOf(logo)}`),
    }),
  }
}

/** As a CSP source (CSP 3 §2.3.1): without the query, and with what would end the directive encoded. */
function sourceOf(address: string): string {
  const { origin, pathname } = new URL(address)
  return origin + pathname.replace(/[;,]/g, encodeURIComponent)
}
