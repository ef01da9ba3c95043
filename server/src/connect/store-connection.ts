// What completed authorizations leave: the connect session is completed, and only then are the connection, its grant, its
// audit record, its history and its event made. Those of one tenant that end at once share one statement.
import { type Kysely, sql } from 'kysely'
import { auditFailure } from '../audit/audit-log.ts'
import { type HistoryEntry, historyRow } from '../connections/connection-history.ts'
import { createGroupCommit } from '../database/group-commit.ts'
import { gateOf, inTenant } from '../database/in-tenant.ts'
import { insertRecords } from '../database/insert-records.ts'
import { perTenant } from '../database/per-tenant.ts'
import type { Database } from '../database/schema.ts'
import { emittedWith } from '../events/emit-event.ts'
import { uuidv7 } from '../uuid.ts'

export interface ConnectionToStore {
  connection: { id: string; tenant_id: string }
  /** Rows of `connections` and `grants`. */
  rows: { connection: { id: string }; grant: { connection_id: string } }
  connect_session_id: string
  /** Of the browser that may look at the completed session. */
  browser_hash: Buffer
  created: HistoryEntry
  /** The audit record of all this. */
  record: string
}

/**
 * Adding gives false when another browser was first, or the session was cancelled; then nothing was stored. It fails with
 * the Problem 503 `audit_unavailable` when that could not be recorded.
 */
export function createConnectionCommits(db: Kysely<Database>) {
  return perTenant((tenantId) =>
    createGroupCommit<ConnectionToStore, boolean>((stored) => storeAll(inTenant(db, tenantId), tenantId, stored)),
  )
}

async function storeAll(tenantDb: Kysely<Database>, tenantId: string, stored: ConnectionToStore[]): Promise<boolean[]> {
  const { db, gate } = gateOf(tenantDb)
  const given = stored.map(({ connection, connect_session_id, browser_hash, created, record }) => ({
    tenant_id: tenantId,
    connect_session_id,
    connection_id: connection.id,
    browser_hash: browser_hash.toString('hex'),
    at: created.at,
    event_id: uuidv7(),
    record,
  }))
  const completed = sql`in (select connection_id from completed)`
  const { rows } = await sql<{ connection_id: string }>`
    with completed as (
      update connect_sessions set connection_id = given.connection_id, browser_hash = decode(given.browser_hash, 'hex'),
        completed_at = given.at, config_sealed = null, user_code_hash = null, error = null, version = version + 1
      from json_to_recordset(${JSON.stringify(given)}::text::json)
        as given (
          tenant_id uuid, connect_session_id uuid, connection_id uuid, browser_hash text, at timestamptz, event_id uuid, record text
        )
      where ${gate} and connect_sessions.tenant_id = given.tenant_id
        and connect_sessions.id = any(${given.map((one) => one.connect_session_id)}::uuid[])
        and connect_sessions.id = given.connect_session_id
        and connect_sessions.completed_at is null and connect_sessions.cancelled_at is null
      returning given.tenant_id, given.connection_id, given.event_id, given.record,
        jsonb_build_object('connection_id', given.connection_id) as data
    ),
    recorded as (
      select append_audit_records(array_agg(tenant_id), array_agg(record))::text as done from completed having count(*) > 0
    ),
    made as (${insertRecords(
      'connections',
      stored.map(({ rows: { connection } }) => connection),
      sql`given.id ${completed}`,
    )}),
    granted as (${insertRecords(
      'grants',
      stored.map(({ rows: { grant } }) => grant),
      sql`given.connection_id ${completed}`,
    )}),
    remembered as (${insertRecords(
      'connection_history',
      stored.map(({ connection, created }) => historyRow(connection, created)),
      sql`given.connection_id ${completed}`,
    )}),
    ${emittedWith(tenantId, 'connection.created', sql`completed`)}
    select connection_id from completed cross join recorded where recorded.done is not null`
    .execute(db)
    .catch((error: unknown) => Promise.reject(auditFailure(error)))
  const made = new Set(rows.map(({ connection_id }) => connection_id))
  return stored.map(({ connection }) => made.has(connection.id))
}
