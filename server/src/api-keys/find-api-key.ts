import type { Kysely } from 'kysely'
import type { Database } from '../database/schema.ts'
import { notFound } from '../http/problem.ts'
import { type ApiKeyRow, apiKeyColumns } from './api-key-record.ts'

/** @throws Problem 404, the same whether it is missing or another tenant’s */
export async function findApiKey(db: Kysely<Database>, tenantId: string, id: string): Promise<ApiKeyRow> {
  const row = await db
    .selectFrom('api_keys')
    .select([...apiKeyColumns])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notFound('api_key', id)
  return row
}
