import { findConnection } from '../connections/connection.ts'
import type { RunOperation } from '../database/schema.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import { emptyOutcome } from './run-outcome.ts'
import { RUN_LEASE_SECONDS, type RunRow, sealOutcome } from './run-record.ts'

export interface NewRun {
  tenant_id: string
  connection_id: string
  operation: RunOperation
  max_documents: number
}

/** Records the run and hands it to this server's worker; it goes on after this returns. */
export async function startRun(services: Services, run: NewRun): Promise<RunRow> {
  const connection = await findConnection(services, run.tenant_id, run.connection_id)
  services.runs.requireRoom()
  const id = uuidv7()
  const row = await services.db
    .insertInto('runs')
    .values({
      id,
      tenant_id: run.tenant_id,
      connection_id: connection.id,
      operation: run.operation,
      status: 'running',
      outcome_sealed: await sealOutcome(services.keys, { id, tenant_id: run.tenant_id }, emptyOutcome()),
      lease_until: new Date(services.now().getTime() + RUN_LEASE_SECONDS * 1000),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  services.runs.start(row, connection, run.max_documents)
  return row
}
