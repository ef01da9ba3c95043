// Credentials that are fresh are read and recorded in one statement: what comes back was recorded durably before, and many
// readings that come at once share one commit. What is not fresh, or has no grant, is neither recorded here nor given out.
import { type Kysely, type Selectable, sql } from 'kysely'
import { compiledOnce } from '../database/compiled-once.ts'
import { createGroupCommit } from '../database/group-commit.ts'
import { gateOf, inTenant } from '../database/in-tenant.ts'
import { perTenant } from '../database/per-tenant.ts'
import type { Database, GrantTable } from '../database/schema.ts'
import { type GrantRow, grantColumns } from '../grants/grant.ts'
import { SURELY_FRESH_SHARE } from '../grants/refresh-times.ts'

export interface Reading {
  connection_id: string
  /** The audit record's text before and after the version of what is read. */
  record: [before: string, after: string]
  at: Date
}

/** Adding gives the grant, when its token is fresh and the reading is recorded. */
export function createRecordedReadings(db: Kysely<Database>) {
  return perTenant((tenantId) => {
    const readAll = statementFor(inTenant(db, tenantId), tenantId)
    const write = async (readings: Reading[]): Promise<(GrantRow | undefined)[]> => {
      const given = readings.map(({ connection_id, record: [before, after] }) => ({ connection_id, before, after }))
      const rows = await readAll({
        ids: readings.map((reading) => reading.connection_id),
        // Whoever came last says how late it is.
        at: new Date(Math.max(...readings.map((reading) => reading.at.getTime()))).toISOString(),
        given: JSON.stringify(given),
      })
      const found = new Map(rows.map((row) => [row.connection_id, row]))
      return readings.map(({ connection_id }) => found.get(connection_id))
    }
    return createGroupCommit(write, { at_once: 2 })
  })
}

const columns = sql.join(grantColumns.map((name) => sql.ref(name)))

function statementFor(tenantDb: Kysely<Database>, tenantId: string) {
  const { db, gate } = gateOf(tenantDb)
  return compiledOnce<'ids' | 'at' | 'given', Selectable<GrantTable>>(
    db,
    ['ids', 'at', 'given'],
    ({ ids, at, given }) => sql`
    with found as materialized (
      select grants.connection_id, ${columns}
      from grants join connections
        on connections.id = grants.connection_id and connections.tenant_id = grants.tenant_id
      where ${gate} and grants.tenant_id = ${tenantId} and grants.connection_id = any(${ids}::uuid[])
        and connections.disabled_at is null
        and ${at}::timestamptz < grants.issued_at
          + (grants.access_token_expires_at - grants.issued_at) * ${SURELY_FRESH_SHARE}::float8
    ),
    recorded as (
      select append_audit_records(
        array_agg(${tenantId}::uuid), array_agg(given.before || found.version || given.after)
      )::text as done
      from json_to_recordset(${given}::text::json) as given (connection_id uuid, before text, after text)
      join found using (connection_id)
      having count(*) > 0
    )
    select found.* from found cross join recorded where recorded.done is not null`,
  )
}
