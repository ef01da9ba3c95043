import type { Kysely } from 'kysely'
import type { Database } from '../database/schema.ts'
import { digest } from '../token-digest.ts'
import { generateApiKey } from './api-key.ts'

/** Creates a key for a tenant. The text is returned this once; the database keeps its hash. */
export async function createApiKey(
  db: Kysely<Database>,
  { tenant_id, name }: { tenant_id: string; name: string },
): Promise<string> {
  const { id, text } = generateApiKey()
  await db
    .insertInto('api_keys')
    .values({ id, tenant_id, name, hash: digest(text) })
    .execute()
  return text
}
