import { findConnection } from '../connections/connection.ts'
import type { RunOperation } from '../database/schema.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import { statusEvent } from './attend-run.ts'
import { appendRunEvents } from './run-events.ts'
import { emptyOutcome } from './run-outcome.ts'
import { type RunRow, sealOutcome } from './run-record.ts'
import { bindingSetOf, type RunRequest, readingOperations, requestSchema, sealRequest } from './run-request.ts'

export interface NewRun extends Partial<RunRequest> {
  tenant_id: string
  connection_id: string
  operation: RunOperation
  target_connection_id?: string | null
  max_attempts?: number
}

const READING_ATTEMPTS = 3

/**
 * Puts the run into the queue; it goes on after this returns, in this process or another.
 *
 * @throws Problem 404 for another tenant's connections, 503 `too_many_runs`
 */
export async function startRun(services: Services, given: NewRun): Promise<RunRow> {
  const { tenant_id, operation, target_connection_id = null, ...rest } = given
  const connection = await findConnection(services, tenant_id, given.connection_id)
  if (target_connection_id !== null) await findConnection(services, tenant_id, target_connection_id)
  await services.runs.requireRoom(tenant_id)
  const request = requestSchema.parse(rest)
  const reads = readingOperations.includes(operation)
  const id = uuidv7()
  const row = await services.db.transaction().execute(async (tx) => {
    const inserted = await tx
      .insertInto('runs')
      .values({
        id,
        tenant_id,
        connection_id: connection.id,
        target_connection_id,
        operation,
        status: 'queued',
        binding_set: reads ? bindingSetOf(request.bindings, target_connection_id) : null,
        request_sealed: await sealRequest(services.keys, { id, tenant_id }, request),
        outcome_sealed: await sealOutcome(services.keys, { id, tenant_id }, emptyOutcome()),
        max_attempts: given.max_attempts ?? (reads ? READING_ATTEMPTS : 1),
        version: 1,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    await appendRunEvents(services, tx, inserted, [statusEvent('queued')])
    await services.queue.send('runs.take', {}, { key: id, tx })
    return inserted
  })
  services.runs.look()
  return row
}
