import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { cookieName, cookieOptions } from '../http/cookies.ts'
import { CONSOLE_SESSION_SECONDS } from './console-session.ts'

const nameUnder = (baseUrl: string) => cookieName(baseUrl, 'sluice_console')

export function readSessionCookie(c: Context, baseUrl: string): string | undefined {
  return getCookie(c, nameUnder(baseUrl))
}

export function setSessionCookie(c: Context, baseUrl: string, value: string): void {
  setCookie(c, nameUnder(baseUrl), value, cookieOptions(baseUrl, CONSOLE_SESSION_SECONDS))
}

export function clearSessionCookie(c: Context, baseUrl: string): void {
  deleteCookie(c, nameUnder(baseUrl), cookieOptions(baseUrl, 0))
}
