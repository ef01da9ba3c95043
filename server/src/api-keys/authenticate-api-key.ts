import { timingSafeEqual } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Database } from '../database/schema.ts'
import type { Caller } from '../http/caller.ts'
import { digest } from '../token-digest.ts'
import { readApiKeyId } from './api-key.ts'

/** The caller that a key stands for, or null when the key is malformed, unknown or revoked. */
export async function authenticateApiKey(db: Kysely<Database>, text: string): Promise<Caller | null> {
  const id = readApiKeyId(text)
  if (id === null) return null
  const row = await db
    .selectFrom('api_keys')
    .select(['tenant_id', 'hash'])
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined || !timingSafeEqual(row.hash, digest(text))) return null
  return { tenant_id: row.tenant_id, api_key_id: id }
}
