import type { Kysely } from 'kysely'
import type { Database } from '../database/schema.ts'
import { digest } from '../token-digest.ts'
import { generateApiKey } from './api-key.ts'
import { type ApiKeyRow, apiKeyColumns } from './api-key-record.ts'
import { type Scope, tenantScopes } from './scopes.ts'

export interface NewApiKey {
  tenant_id: string
  name: string
  /** By default everything within the tenant. */
  scopes?: readonly Scope[]
  expires_at?: Date | null
  rules_digest?: Buffer | null
}

/** Creates a key for a tenant. The text is returned this once; the database keeps its hash. */
export async function createApiKey(db: Kysely<Database>, key: NewApiKey): Promise<string> {
  const { text } = await insertApiKey(db, key)
  return text
}

/** The same, with the row. */
export async function insertApiKey(db: Kysely<Database>, key: NewApiKey): Promise<{ row: ApiKeyRow; text: string }> {
  const { id, text } = generateApiKey()
  const row = await db
    .insertInto('api_keys')
    .values({
      id,
      tenant_id: key.tenant_id,
      name: key.name,
      hash: digest(text),
      scopes: [...(key.scopes ?? tenantScopes)],
      expires_at: key.expires_at ?? null,
      rules_digest: key.rules_digest ?? null,
    })
    .returning([...apiKeyColumns])
    .executeTakeFirstOrThrow()
  return { row, text }
}
