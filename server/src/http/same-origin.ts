import type { Context } from 'hono'
import { Problem } from './problem.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses a request that changes something and that another site's page may have sent: browsers say where it comes from
 * in `Sec-Fetch-Site` (Fetch Metadata) or `Origin`. Used wherever a cookie or the link's token is all the proof there is.
 */
export function requireSameOrigin(c: Context, baseUrl: string): void {
  if (safeMethods.has(c.req.method)) return
  const site = c.req.header('sec-fetch-site')
  const sameOrigin = site === undefined ? c.req.header('origin') === new URL(baseUrl).origin : site === 'same-origin'
  if (sameOrigin) return
  throw new Problem(403, 'cross_site_request', 'This request came from another site. Use the page itself.')
}
