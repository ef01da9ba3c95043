// A connect link: the token in its path is the person's capability, and once the session is completed only the browser
// that completed it may still look.
import { timingSafeEqual } from 'node:crypto'
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { type Kysely, type Selectable, sql } from 'kysely'
import { connectSessionStatus } from '../connect-sessions/connect-session-record.ts'
import { createBatchedRead } from '../database/batched-read.ts'
import { compiledOnce } from '../database/compiled-once.ts'
import type { ConnectSessionTable, Database } from '../database/schema.ts'
import { cookieName, cookieOptions } from '../http/cookies.ts'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { digest, randomToken } from '../token-digest.ts'
import { type LinkWithIntegration, readLink, selectLink } from './link-integration.ts'

export type ConnectSession = Selectable<ConnectSessionTable>

const KEPT_VIEWS = 10
const COMPLETED_VIEW_SECONDS = 24 * 60 * 60

/** @throws Problem 404 `link_unknown` */
export async function findConnectSession(services: Services, token: string): Promise<ConnectSession> {
  const session = await knownConnectSession(services, token)
  if (session === null) throw linkUnknown()
  return session
}

export async function knownConnectSession({ db }: Services, token: string): Promise<ConnectSession | null> {
  const session = await db
    .selectFrom('connect_sessions')
    .selectAll()
    .where((eb) => eb.or([eb('token_hash', '=', digest(token)), eb('code_link_hash', '=', digest(token))]))
    .executeTakeFirst()
  return session ?? null
}

/** The same with its integration. @throws Problem 404 `link_unknown` */
export async function findLink({ batches }: Services, token: string): Promise<LinkWithIntegration> {
  const link = await batches.links(digest(token).toString('hex'))
  if (link === undefined) throw linkUnknown()
  return link
}

/** Reads links by the digest of their token, in hexadecimal: of the link itself, else of the one that a user code leads to. */
export function createLinkReader(db: Kysely<Database>) {
  const [byToken, byCodeLink] = [linksBy(db, 'token_hash'), linksBy(db, 'code_link_hash')]
  return createBatchedRead<LinkWithIntegration>(async (digests) => {
    const links = await byToken(digests)
    const others = digests.filter((hash) => !links.has(hash))
    return others.length === 0 ? links : new Map([...links, ...(await byCodeLink(others))])
  })
}

function linksBy(db: Kysely<Database>, column: 'token_hash' | 'code_link_hash') {
  const select = compiledOnce<'digests', ConnectSession>(db, ['digests'], ({ digests }) => {
    const hashes = sql<Buffer>`any(array(select decode(digest, 'hex') from unnest(${digests}::text[]) as digest))`
    return selectLink(db).where(column, '=', hashes)
  })
  return async (digests: string[]) => {
    const rows = await select({ digests })
    return new Map(rows.map((row) => [row[column]?.toString('hex') ?? '', readLink(row)]))
  }
}

const linkUnknown = () =>
  new Problem(404, 'link_unknown', 'This link is not known here. Ask for a new one where you got it.')

/** `used` is what everyone but the browser that completed the session is told. */
export function linkStatus(c: Context, { base_url, now }: Services, session: ConnectSession) {
  const status = connectSessionStatus(session, now())
  if (status !== 'completed') return status
  return completedInThisBrowser(c, base_url, session) ? 'completed' : 'used'
}

export function requireOpen(session: ConnectSession, now: Date): void {
  const status = connectSessionStatus(session, now)
  if (status === 'completed') {
    throw new Problem(410, 'link_used', 'This link was already used. Ask for a new one where you got it.')
  }
  if (status === 'expired') {
    throw new Problem(410, 'link_expired', 'This link has expired. Ask for a new one where you got it.')
  }
  if (status === 'cancelled') {
    throw new Problem(410, 'link_cancelled', 'This link was withdrawn. Ask for a new one where you got it.')
  }
}

/** Lets this browser see the completed session; returns the hash that the session keeps. */
export function rememberBrowser(c: Context, baseUrl: string, sessionId: string): Buffer {
  const value = randomToken()
  forgetOldest(c, baseUrl)
  setCookie(c, completedCookie(baseUrl, sessionId), value, cookieOptions(baseUrl, COMPLETED_VIEW_SECONDS))
  return digest(value)
}

/** Browsers send all of them with every request, and servers refuse headers that grow too long. */
function forgetOldest(c: Context, baseUrl: string): void {
  const prefix = completedCookie(baseUrl, '')
  const names = Object.keys(getCookie(c)).filter((name) => name.startsWith(prefix))
  for (const name of names.slice(0, -KEPT_VIEWS)) deleteCookie(c, name, cookieOptions(baseUrl, 0))
}

function completedInThisBrowser(c: Context, baseUrl: string, session: ConnectSession): boolean {
  const value = getCookie(c, completedCookie(baseUrl, session.id))
  if (value === undefined || session.browser_hash === null) return false
  return timingSafeEqual(digest(value), session.browser_hash)
}

function completedCookie(baseUrl: string, sessionId: string): string {
  return cookieName(baseUrl, `sluice_connect_${sessionId}`)
}
