// Appends to the audit chains by group commit: while one batch is on its way, what comes meanwhile makes the next one.
// A caller waits for the commit of its own record, and many share one.
import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'
import { Problem } from '../http/problem.ts'
import { type AuditEntry, recordText } from './audit-record.ts'

export interface AuditLog {
  /**
   * Resolves when the entry is durable: only then may be done or revealed what it tells of.
   *
   * @throws Problem 503 `audit_unavailable`
   */
  append(tenantId: string, entry: AuditEntry): Promise<void>
}

interface Waiting {
  tenant_id: string
  record: string
  resolve: () => void
  reject: (error: Problem) => void
}

const MAXIMUM_BATCH = 500

export function createAuditLog({ db, now }: { db: Kysely<Database>; now: () => Date }): AuditLog {
  let waiting: Waiting[] = []
  let writing = false

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAXIMUM_BATCH)
      waiting = waiting.slice(MAXIMUM_BATCH)
      try {
        await write(db, batch)
        for (const { resolve } of batch) resolve()
      } catch (cause) {
        const refusal = new Problem(503, 'audit_unavailable', UNAVAILABLE, { cause })
        for (const { reject } of batch) reject(refusal)
      }
    }
    writing = false
  }

  return {
    append(tenantId, entry) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.push({ tenant_id: tenantId, record: recordText(tenantId, entry, now()), resolve, reject })
      if (!writing) {
        writing = true
        // Whoever comes in the same turn of the event loop joins the batch.
        setImmediate(writeAll)
      }
      return promise
    },
  }
}

const UNAVAILABLE = 'This is recorded before it is done, and the audit log cannot be written now. Try again later.'

/** Ordered by tenant, so that two processes lock the chains' heads in the same order. */
async function write(db: Kysely<Database>, batch: Waiting[]): Promise<void> {
  const ordered = batch.toSorted((one, other) =>
    one.tenant_id < other.tenant_id ? -1 : Number(one.tenant_id > other.tenant_id),
  )
  const tenants = ordered.map(({ tenant_id }) => tenant_id)
  const records = ordered.map(({ record }) => record)
  await sql`select append_audit_records(${tenants}::uuid[], ${records}::text[])`.execute(db)
}
