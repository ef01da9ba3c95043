// What a completed authorization leaves, in one statement: the connect session is completed, and only then are the
// connection, its grant, its history and its event made.
import { sql } from 'kysely'
import { type HistoryEntry, historyRow } from '../connections/connection-history.ts'
import { gateOf } from '../database/in-tenant.ts'
import { insertFrom } from '../database/insert-from.ts'
import { emittedWith } from '../events/emit-event.ts'
import type { Services } from '../services.ts'

export interface ConnectionToStore {
  connection: { id: string; tenant_id: string }
  /** Rows of `connections` and `grants`. */
  rows: { connection: object; grant: object }
  connect_session_id: string
  /** Of the browser that may look at the completed session. */
  browser_hash: Buffer
  created: HistoryEntry
}

/** False: another browser was first, or the session was cancelled; then nothing was stored. */
export async function storeConnection(services: Services, stored: ConnectionToStore): Promise<boolean> {
  const { connection, rows, connect_session_id, browser_hash, created } = stored
  const { id, tenant_id } = connection
  const { db, gate } = gateOf(services.db)
  const completed = sql`completed`
  const event = { type: 'connection.created', data: { connection_id: id } } as const
  const { rows: done } = await sql`
    with completed as (
      update connect_sessions set connection_id = ${id}, browser_hash = ${browser_hash}, completed_at = ${created.at},
        config_sealed = null, user_code_hash = null, error = null, version = version + 1
      where ${gate} and tenant_id = ${tenant_id} and id = ${connect_session_id}
        and completed_at is null and cancelled_at is null
      returning id
    ),
    made as (${insertFrom('connections', rows.connection, sql`from completed`)}),
    granted as (${insertFrom('grants', rows.grant, sql`from completed`)}),
    remembered as (${insertFrom('connection_history', historyRow(connection, created), sql`from completed`)}),
    ${emittedWith(tenant_id, event, completed)}
    select id from completed`.execute(db)
  return done.length === 1
}
