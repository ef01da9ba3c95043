// What completed authorizations leave: the connect session is completed, and only then are the connection, its grant, its
// audit record, its history and its event made. Those of one tenant that end at once share one statement.
import { type Kysely, sql } from 'kysely'
import { auditFailure } from '../audit/audit-log.ts'
import { newConnectionColumns, type newConnectionRow } from '../connections/connection.ts'
import { type HistoryEntry, historyColumns, historyRow } from '../connections/connection-history.ts'
import { compiledOnce } from '../database/compiled-once.ts'
import { createGroupCommit } from '../database/group-commit.ts'
import { gateOf, inTenant } from '../database/in-tenant.ts'
import { asRecords, insertRecords } from '../database/insert-records.ts'
import { perTenant } from '../database/per-tenant.ts'
import type { Database } from '../database/schema.ts'
import { emittedWith } from '../events/emit-event.ts'
import { newGrantColumns, type newGrantRow } from '../grants/grant.ts'
import { uuidv7 } from '../uuid.ts'

export interface ConnectionToStore {
  connection: { id: string; tenant_id: string }
  /** Rows of `connections` and `grants`. */
  rows: {
    connection: Awaited<ReturnType<typeof newConnectionRow>>
    grant: Awaited<ReturnType<typeof newGrantRow>>
  }
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
  return perTenant((tenantId) => {
    const storeAll = statementFor(inTenant(db, tenantId), tenantId)
    return createGroupCommit<ConnectionToStore, boolean>(async (stored) => {
      const rows = await storeAll({
        given: JSON.stringify(stored.map(givenOf)),
        sessions: stored.map(({ connect_session_id }) => connect_session_id),
        connections: asRecords(
          newConnectionColumns,
          stored.map(({ rows }) => rows.connection),
        ),
        grants: asRecords(
          newGrantColumns,
          stored.map(({ rows }) => rows.grant),
        ),
        history: asRecords(
          historyColumns,
          stored.map(({ connection, created }) => historyRow(connection, created)),
        ),
      }).catch((error: unknown) => Promise.reject(auditFailure(error)))
      const made = new Set(rows.map(({ connection_id }) => connection_id))
      return stored.map(({ connection }) => made.has(connection.id))
    })
  })
}

const GIVEN_COLUMNS = sql.raw(
  'connect_session_id uuid, connection_id uuid, browser_hash text, at timestamptz, event_id uuid, record text',
)

function givenOf({ connection, connect_session_id, browser_hash, created, record }: ConnectionToStore) {
  return {
    connect_session_id,
    connection_id: connection.id,
    browser_hash: browser_hash.toString('hex'),
    at: created.at,
    event_id: uuidv7(),
    record,
  }
}

const slots = ['given', 'sessions', 'connections', 'grants', 'history'] as const

function statementFor(tenantDb: Kysely<Database>, tenantId: string) {
  const { db, gate } = gateOf(tenantDb)
  const isCompleted = sql`in (select connection_id from completed)`
  return compiledOnce<(typeof slots)[number], { connection_id: string }>(
    db,
    slots,
    ({ given, sessions, connections, grants, history }) => sql`
    with completed as (
      update connect_sessions set connection_id = given.connection_id, browser_hash = decode(given.browser_hash, 'hex'),
        completed_at = given.at, config_sealed = null, user_code_hash = null, error = null, version = version + 1
      from json_to_recordset(${given}::text::json) as given (${GIVEN_COLUMNS})
      where ${gate} and connect_sessions.tenant_id = ${tenantId}
        and connect_sessions.id = any(${sessions}::uuid[])
        and connect_sessions.id = given.connect_session_id
        and connect_sessions.completed_at is null and connect_sessions.cancelled_at is null
      returning given.connection_id, given.event_id, given.record,
        jsonb_build_object('connection_id', given.connection_id) as data
    ),
    recorded as (
      select append_audit_records(array_agg(${tenantId}::uuid), array_agg(record))::text as done
      from completed having count(*) > 0
    ),
    made as (${insertRecords('connections', newConnectionColumns, connections, sql`given.id ${isCompleted}`)}),
    granted as (${insertRecords('grants', newGrantColumns, grants, sql`given.connection_id ${isCompleted}`)}),
    remembered as (${insertRecords('connection_history', historyColumns, history, sql`given.connection_id ${isCompleted}`)}),
    ${emittedWith(tenantId, 'connection.created', sql`completed`)}
    select connection_id from completed cross join recorded where recorded.done is not null`,
  )
}
