import { cookieName } from '../http/cookies.ts'
import { digest } from '../token-digest.ts'

/**
 * The cookie that binds an authorization to the browser that started it. Named after the state, so that authorizations
 * in two tabs do not overwrite each other, and always of a new value, so that a planted one is worth nothing.
 */
export function bindingCookie(baseUrl: string, state: string): string {
  return cookieName(baseUrl, `sluice_authorization_${digest(state).toString('hex').slice(0, 16)}`)
}
