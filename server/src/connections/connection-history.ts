import type { JsonObject } from '@sluice/oauth'
import type { Kysely } from 'kysely'
import type { AuditActor } from '../audit/audit-record.ts'
import type { Database, HistoryKind } from '../database/schema.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'

export interface HistoryEntry {
  kind: HistoryKind
  actor: AuditActor
  /** Nothing secret: scopes, accounts, names of fields. */
  detail?: JsonObject
  at: Date
}

/** Adds to what `GET /v1/connections/{id}/history` tells, in the transaction that it tells of. */
export async function recordHistory(
  tx: Kysely<Database>,
  connection: { id: string; tenant_id: string },
  entry: HistoryEntry,
): Promise<void> {
  await tx.insertInto('connection_history').values(historyRow(connection, entry)).execute()
}

export const historyColumns = ['id', 'tenant_id', 'connection_id', 'kind', 'actor', 'detail', 'at'] as const

export function historyRow(
  connection: { id: string; tenant_id: string },
  { kind, actor, detail = {}, at }: HistoryEntry,
) {
  const { id: connection_id, tenant_id } = connection
  return { id: uuidv7(), tenant_id, connection_id, kind, actor, detail, at }
}

/** The newest first; `before` is the id of an entry. */
export function historyOf(
  { db }: Pick<Services, 'db'>,
  connection: { id: string; tenant_id: string },
  { limit, before }: { limit: number; before?: string },
) {
  return db
    .selectFrom('connection_history')
    .select(['id', 'kind', 'actor', 'detail', 'at'])
    .where('tenant_id', '=', connection.tenant_id)
    .where('connection_id', '=', connection.id)
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}
