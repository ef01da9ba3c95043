import { createRoute } from '@hono/zod-openapi'
import type { Transaction } from 'kysely'
import { sql } from 'kysely'
import { actorOf } from '../audit/audit-actor.ts'
import { forTenant } from '../database/in-tenant.ts'
import type { Database } from '../database/schema.ts'
import { emitEvent } from '../events/emit-event.ts'
import { type Api, failures, json } from '../http/api.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { statusEvent } from './attend-run.ts'
import { runActionParameter, runIdOf } from './run-action.ts'
import { appendRunEvents } from './run-events.ts'
import { findRun, isOver, presentRun, type RunRow, runSchema } from './run-record.ts'

const route = createRoute({
  method: 'post',
  path: '/v1/runs/{id}:cancel',
  tags: ['Runs'],
  summary: 'Cancel a run',
  description:
    'Asks its connector to end (SIGTERM), and kills it with all that it forked after a grace, at whichever server it ' +
    'runs. What was committed stays. A run that is over stays as it is.',
  security: requires('runs:write'),
  request: { params: runActionParameter },
  responses: {
    202: json(runSchema, 'The run, which is `cancelled` now or in a moment.'),
    ...failures(401, 403, 404, 422, 503),
  },
})

export function cancelRun(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const caller = c.get('caller')
    const { tenant_id } = caller
    const services = forTenant(shared, tenant_id)
    const row = await findRun(services, tenant_id, runIdOf(c, 'cancel'))
    if (!isOver(row)) {
      await services.audit.append(tenant_id, {
        action: 'run.cancel',
        actor: actorOf(caller),
        subject: { type: 'run', id: row.id },
      })
      await services.db.transaction().execute((tx) => requestCancel(services, tx, row))
      services.runs.cancel(row.id)
      services.run_watch.wake(row.id)
    }
    return c.json(await presentRun(services, await findRun(services, tenant_id, row.id)), 202)
  })
}

/** A run that waits is over at once; one at work is ended by its worker. */
async function requestCancel(services: Services, tx: Transaction<Database>, row: RunRow): Promise<void> {
  const now = services.now()
  const cancelled = await tx
    .updateTable('runs')
    .set((run) => ({
      status: 'cancelled',
      error_code: 'cancelled',
      finished_at: now,
      cancel_requested_at: now,
      version: sql<number>`${run.ref('version')} + 1`,
    }))
    .where('tenant_id', '=', row.tenant_id)
    .where('id', '=', row.id)
    .where('status', '=', 'queued')
    .executeTakeFirst()
  if (cancelled.numUpdatedRows === 1n) {
    await appendRunEvents(services, tx, row, [statusEvent('cancelled', { attempt: row.attempt, code: 'cancelled' })])
    const { connection_id, operation, document_count } = row
    const data = { run_id: row.id, connection_id, operation, document_count, code: 'cancelled', verdict: 'transient' }
    await emitEvent(tx, row.tenant_id, { type: 'run.failed', data })
    return
  }
  await tx
    .updateTable('runs')
    .set((run) => ({ cancel_requested_at: now, version: sql<number>`${run.ref('version')} + 1` }))
    .where('tenant_id', '=', row.tenant_id)
    .where('id', '=', row.id)
    .where('status', '=', 'running')
    .execute()
}
