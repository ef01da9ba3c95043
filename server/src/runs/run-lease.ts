// The right to work on a run: owned by one attempt of one process, bounded in time, and fenced. Whoever was paused past
// the lease finds another owner in the row and writes nothing more.
import { sql, type Transaction, type UpdateObject } from 'kysely'
import type { Database } from '../database/schema.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import type { RunRow } from './run-record.ts'

/** How long a run may go without a sign of life from its worker. */
export const RUN_LEASE_SECONDS = 15
export const HEARTBEAT_MS = 2_000

/** Claims are made one after the other, so that the tenants' limits hold among all processes. */
const CLAIMS_LOCK = 719_201_457

export interface HeldRun {
  run: RunRow
  owner: string
  /** Its worker before died. */
  abandoned: boolean
}

/** The run is another attempt's now, or is gone: what this one does has no place to go. */
export class RunLeaseLost extends Error {
  override readonly name = 'RunLeaseLost'
}

/**
 * Takes up the run that is due for the longest, of tenants that have room; null when there is none. Runs that would move
 * one state go one after the other, and so do those of a connector that spends refresh tokens by itself.
 */
export async function claimRun({ db }: Services, limits: { at_once_per_tenant: number }): Promise<HeldRun | null> {
  const owner = uuidv7()
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${CLAIMS_LOCK})`.execute(tx)
    const { rows } = await sql<{ id: string; tenant_id: string; abandoned: boolean }>`
      with due as (
        select id, tenant_id, status from runs
        where (status = 'queued' and due_at <= now()
            and (select count(*) from runs as active where active.tenant_id = runs.tenant_id
              and active.status = 'running' and active.lease_until >= now()) < ${limits.at_once_per_tenant}
            and not exists (select from runs as other
              join connections on connections.tenant_id = other.tenant_id and connections.id = other.connection_id
              where other.tenant_id = runs.tenant_id and other.connection_id = runs.connection_id
                and other.status = 'running' and other.lease_until >= now()
                and (other.binding_set = runs.binding_set or connections.rotated_by_connector)))
          or (status = 'running' and lease_until < now())
        order by due_at, id limit 1 for update skip locked
      )
      update runs set status = 'running', lease_owner = ${owner}, attempt = attempt + 1, version = version + 1,
        lease_until = now() + make_interval(secs => ${RUN_LEASE_SECONDS}), started_at = coalesce(started_at, now())
      from due where runs.tenant_id = due.tenant_id and runs.id = due.id
      returning runs.id, runs.tenant_id, due.status = 'running' as abandoned`.execute(tx)
    const [claimed] = rows
    if (claimed === undefined) return null
    const run = await tx
      .selectFrom('runs')
      .selectAll()
      .where('tenant_id', '=', claimed.tenant_id)
      .where('id', '=', claimed.id)
      .executeTakeFirstOrThrow()
    return { run, owner, abandoned: claimed.abandoned }
  })
}

/** Extends the lease. Says whether somebody wants the run to end. @throws RunLeaseLost */
export async function extendLease({ db }: Services, { run, owner }: HeldRun): Promise<{ cancel_requested: boolean }> {
  const row = await db
    .updateTable('runs')
    .set({ lease_until: sql<Date>`now() + make_interval(secs => ${RUN_LEASE_SECONDS})` })
    .where('tenant_id', '=', run.tenant_id)
    .where('id', '=', run.id)
    .where('lease_owner', '=', owner)
    .where('status', '=', 'running')
    .returning('cancel_requested_at')
    .executeTakeFirst()
  if (row === undefined) throw new RunLeaseLost('The run is no longer ours.')
  return { cancel_requested: row.cancel_requested_at !== null }
}

/** Writes to the run that is held, and extends its lease. @throws RunLeaseLost, and then the transaction must not commit */
export async function writeHeld(
  tx: Transaction<Database>,
  { run, owner }: HeldRun,
  values: UpdateObject<Database, 'runs'>,
): Promise<void> {
  const written = await tx
    .updateTable('runs')
    .set((row) => ({
      lease_until: sql<Date>`now() + make_interval(secs => ${RUN_LEASE_SECONDS})`,
      ...values,
      version: sql<number>`${row.ref('version')} + 1`,
    }))
    .where('tenant_id', '=', run.tenant_id)
    .where('id', '=', run.id)
    .where('lease_owner', '=', owner)
    .where('status', '=', 'running')
    .executeTakeFirst()
  if (written.numUpdatedRows !== 1n) throw new RunLeaseLost('The run is no longer ours.')
}
