import type { Caller } from '../http/caller.ts'
import type { Services } from '../services.ts'
import { digest, randomToken } from '../token-digest.ts'

export const CONSOLE_SESSION_SECONDS = 12 * 60 * 60

/** Opens a session for a caller who has just shown an API key; returns the cookie's value. */
export async function openConsoleSession({ db, now }: Services, caller: Caller): Promise<string> {
  const value = randomToken()
  await db
    .insertInto('console_sessions')
    .values({
      hash: digest(value),
      tenant_id: caller.tenant_id,
      api_key_id: caller.api_key_id,
      expires_at: new Date(now().getTime() + CONSOLE_SESSION_SECONDS * 1000),
    })
    .execute()
  return value
}

/** Null when it is unknown or expired, or when the key that opened it was revoked. */
export async function findConsoleSession({ db, now }: Services, value: string): Promise<Caller | null> {
  const row = await db
    .selectFrom('console_sessions')
    .innerJoin('api_keys', 'api_keys.id', 'console_sessions.api_key_id')
    .select(['console_sessions.tenant_id', 'console_sessions.api_key_id', 'api_keys.scopes'])
    .where('console_sessions.hash', '=', digest(value))
    .where('console_sessions.expires_at', '>', now())
    .where('api_keys.revoked_at', 'is', null)
    .where((key) => key.or([key('api_keys.expires_at', 'is', null), key('api_keys.expires_at', '>', now())]))
    .executeTakeFirst()
  return row ?? null
}

export async function closeConsoleSession({ db }: Services, value: string): Promise<void> {
  await db.deleteFrom('console_sessions').where('hash', '=', digest(value)).execute()
}
