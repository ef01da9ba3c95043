import { notFound } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { digest } from '../token-digest.ts'
import { type ConnectSessionRow, connectSessionColumns } from './connect-session-record.ts'

/** @throws Problem 404, the same whether it is missing or another tenant's */
export async function findConnectSessionOf({ db }: Services, tenantId: string, id: string): Promise<ConnectSessionRow> {
  const row = await db
    .selectFrom('connect_sessions')
    .select([...connectSessionColumns])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notFound('connect_session', id)
  return row
}

/** The session that a status token reads; null when it is unknown. */
export async function findByStatusToken({ db }: Services, token: string): Promise<ConnectSessionRow | null> {
  const row = await db
    .selectFrom('connect_sessions')
    .select([...connectSessionColumns])
    .where('status_token_hash', '=', digest(token))
    .executeTakeFirst()
  return row ?? null
}
