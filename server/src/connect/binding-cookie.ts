import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { cookieName, cookieOptions } from '../http/cookies.ts'
import { randomToken } from '../token-digest.ts'
import { PENDING_SECONDS } from './pending-authorization.ts'

// The cookie that binds an authorization to the browser that started it. There is one for each connect link that the
// browser has under way, and each start gives it a new value, so that a planted one is worth nothing.
const PREFIX = 'sluice_authorization_'

export function bindBrowser(c: Context, baseUrl: string, connectSessionId: string): string {
  const value = randomToken()
  setCookie(c, bindingCookie(baseUrl, connectSessionId), value, cookieOptions(baseUrl, PENDING_SECONDS))
  return value
}

/** Every binding that this browser holds. A callback names no link, so any of them may be the one. */
export function boundValues(c: Context, baseUrl: string): string[] {
  const prefix = cookieName(baseUrl, PREFIX)
  return Object.entries(getCookie(c))
    .filter(([name]) => name.startsWith(prefix))
    .map(([, value]) => value)
}

export function unbindBrowser(c: Context, baseUrl: string, connectSessionId: string): void {
  deleteCookie(c, bindingCookie(baseUrl, connectSessionId), cookieOptions(baseUrl, 0))
}

function bindingCookie(baseUrl: string, connectSessionId: string): string {
  return cookieName(baseUrl, PREFIX + connectSessionId)
}
