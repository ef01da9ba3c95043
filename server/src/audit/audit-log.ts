// Appends to the audit chains by group commit: a caller waits for the commit of its own record, and many share one.
import { type Kysely, sql } from 'kysely'
import postgres from 'postgres'
import { DatabaseAwayError } from '../database/database-away.ts'
import { createGroupCommit } from '../database/group-commit.ts'
import type { Database } from '../database/schema.ts'
import { Problem } from '../http/problem.ts'
import { type AuditEntry, recordText } from './audit-record.ts'

export interface AuditLog {
  /**
   * Resolves when the entry is durable: only then may be done or revealed what it tells of.
   *
   * @throws Problem 503 `audit_unavailable`; DatabaseAwayError
   */
  append(tenantId: string, entry: AuditEntry): Promise<void>
}

interface NewRecord {
  tenant_id: string
  record: string
}

export function createAuditLog({ db, now }: { db: Kysely<Database>; now: () => Date }): AuditLog {
  const records = createGroupCommit<NewRecord, undefined>((batch) => write(db, batch))
  return {
    async append(tenantId, entry) {
      try {
        await records.add({ tenant_id: tenantId, record: recordText(tenantId, entry, now()) })
      } catch (cause) {
        throw cause instanceof DatabaseAwayError ? cause : auditUnavailable(cause)
      }
    },
  }
}

/** What failed in a statement that appends audit records among other things: the problem where it was the appending. */
export function auditFailure(error: unknown): unknown {
  return error instanceof postgres.PostgresError && error.where?.includes('append_audit_records')
    ? auditUnavailable(error)
    : error
}

function auditUnavailable(cause: unknown): Problem {
  return new Problem(503, 'audit_unavailable', UNAVAILABLE, { headers: { 'retry-after': '5' }, cause })
}

const UNAVAILABLE = 'This is recorded before it is done, and the audit log cannot be written now. Try again later.'

/** Ordered by tenant, so that two processes lock the chains' heads in the same order. */
async function write(db: Kysely<Database>, batch: NewRecord[]): Promise<undefined[]> {
  const ordered = batch.toSorted((one, other) =>
    one.tenant_id < other.tenant_id ? -1 : Number(one.tenant_id > other.tenant_id),
  )
  const tenants = ordered.map(({ tenant_id }) => tenant_id)
  const records = ordered.map(({ record }) => record)
  await sql`select append_audit_records(${tenants}::uuid[], ${records}::text[])`.execute(db)
  return batch.map(() => undefined)
}
