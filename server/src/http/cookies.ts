import type { CookieOptions } from 'hono/utils/cookie'

/**
 * A cookie's name under this base URL: the `__Host-` prefix (RFC 6265bis §4.1.3.2) makes browsers refuse the cookie
 * from subdomains and over http, so it is left off where the base URL is http on loopback.
 */
export function cookieName(baseUrl: string, name: string): string {
  return isHttps(baseUrl) ? `__Host-${name}` : name
}

/** `SameSite=Lax`, because `Strict` would withhold the cookie on the way back from a provider. */
export function cookieOptions(baseUrl: string, maxAgeSeconds: number): CookieOptions {
  return { path: '/', httpOnly: true, secure: isHttps(baseUrl), sameSite: 'Lax', maxAge: maxAgeSeconds }
}

function isHttps(baseUrl: string): boolean {
  return baseUrl.startsWith('https:')
}
