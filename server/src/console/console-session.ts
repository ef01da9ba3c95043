// A person's session in the console, by the cookie. It ends when nobody used it for a while, when its time is over, when
// it is ended here or in the list of sessions, with the API key that opened it, and with the access rules that did.
import { sql } from 'kysely'
import type { Scope } from '../api-keys/scopes.ts'
import type { Caller } from '../http/caller.ts'
import type { Services } from '../services.ts'
import { digest, randomToken } from '../token-digest.ts'
import { uuidv7 } from '../uuid.ts'

/** However busy it is. */
export const CONSOLE_SESSION_SECONDS = 12 * 60 * 60
export const CONSOLE_IDLE_SECONDS = 2 * 60 * 60
const SEEN_EVERY_SECONDS = 60

export interface NewConsoleSession {
  tenant_id: string
  /** Null: a person who signed in without one. */
  api_key_id: string | null
  /** Who it is, for lists and the audit. */
  user: string
  /** What the person may do; with an API key, what the key may. */
  scopes: readonly Scope[]
  /** Of the access rules that let the person in. */
  rules_digest?: Buffer
  user_agent: string | null
}

/** Opens a session, which is audited first; returns the cookie's value. */
export async function openConsoleSession({ db, audit, now }: Services, session: NewConsoleSession): Promise<string> {
  const value = randomToken()
  const time = now()
  const id = uuidv7()
  const { tenant_id, api_key_id, user } = session
  await audit.append(tenant_id, {
    action: 'console.sign_in',
    actor: api_key_id === null ? { type: 'user', id: user } : { type: 'api_key', id: api_key_id },
    subject: { type: 'console_session', id },
  })
  await db
    .insertInto('console_sessions')
    .values({
      id,
      hash: digest(value),
      tenant_id,
      api_key_id,
      user_name: user,
      scopes: [...session.scopes],
      rules_digest: session.rules_digest ?? null,
      user_agent: session.user_agent?.toWellFormed().slice(0, 300) ?? null,
      last_seen_at: time,
      expires_at: new Date(time.getTime() + CONSOLE_SESSION_SECONDS * 1000),
    })
    .execute()
  return value
}

export interface FoundConsoleSession {
  id: string
  caller: Caller
  expires_at: Date
  /** Of the access rules that let the person in; null where none did. */
  rules_digest: Buffer | null
}

/** Null when it is unknown or over, or when the key or the rules that opened it no longer serve. */
export async function findConsoleSession(
  { db, now, identity_provider }: Services,
  value: string,
): Promise<FoundConsoleSession | null> {
  const time = now()
  const hash = digest(value)
  const row = await db
    .selectFrom('console_sessions')
    .leftJoin('api_keys', 'api_keys.id', 'console_sessions.api_key_id')
    .select(['console_sessions.id', 'console_sessions.tenant_id', 'console_sessions.api_key_id', 'user_name'])
    .select(['last_seen_at', 'console_sessions.expires_at', 'console_sessions.rules_digest'])
    .select(sql<Scope[]>`coalesce(api_keys.scopes, console_sessions.scopes)`.as('scopes'))
    .where('console_sessions.hash', '=', hash)
    .where('console_sessions.expires_at', '>', time)
    .where('last_seen_at', '>', before(time, CONSOLE_IDLE_SECONDS))
    .where(({ eb, or }) =>
      or([
        eb('console_sessions.rules_digest', 'is', null),
        eb('console_sessions.rules_digest', '=', identity_provider?.rules_digest ?? NO_RULES),
      ]),
    )
    .where('api_keys.revoked_at', 'is', null)
    .where((key) => key.or([key('api_keys.expires_at', 'is', null), key('api_keys.expires_at', '>', time)]))
    .executeTakeFirst()
  if (row === undefined) return null
  if (row.last_seen_at < before(time, SEEN_EVERY_SECONDS)) {
    await db.updateTable('console_sessions').set({ last_seen_at: time }).where('hash', '=', hash).execute()
  }
  const { id, expires_at, rules_digest, user_name, tenant_id, api_key_id, scopes } = row
  return { id, expires_at, rules_digest, caller: { tenant_id, api_key_id, user: user_name, scopes } }
}

export async function closeConsoleSession({ db }: Services, value: string): Promise<void> {
  await db.deleteFrom('console_sessions').where('hash', '=', digest(value)).execute()
}

const NO_RULES = Buffer.alloc(0)

function before(time: Date, seconds: number): Date {
  return new Date(time.getTime() - seconds * 1000)
}
