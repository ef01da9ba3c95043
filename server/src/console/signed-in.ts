import type { Context } from 'hono'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { type FoundConsoleSession, findConsoleSession } from './console-session.ts'
import { readSessionCookie } from './session-cookie.ts'

/** The console session of the browser's cookie. @throws Problem 401 `not_authenticated` */
export async function signedIn(c: Context, services: Services): Promise<FoundConsoleSession> {
  const value = readSessionCookie(c, services.base_url)
  const session = value === undefined ? null : await findConsoleSession(services, value)
  if (session === null) throw new Problem(401, 'not_authenticated', 'Sign in first.')
  return session
}
