import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'
import { emitEvent } from '../events/emit-event.ts'
import type { Services } from '../services.ts'
import type { AttemptOutcome, ClaimedDelivery } from './attempt-delivery.ts'
import { cancelDeliveries } from './change-webhook-endpoint.ts'
import { nextAttemptIn } from './retry-schedule.ts'

/** After so long without anything arriving, an endpoint is disabled. */
const PATIENCE_DAYS = 5

/** Writes what became of an attempt, unless the claim was lost meanwhile. */
export async function recordOutcome(
  { db }: Services,
  worker: string,
  delivery: ClaimedDelivery,
  outcome: AttemptOutcome,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const updated = await tx
      .updateTable('webhook_deliveries')
      .set({ claimed_by: null, response_status: outcome.status, ...columnsFor(delivery, outcome) })
      .where('tenant_id', '=', delivery.tenant_id)
      .where('id', '=', delivery.id)
      .where('claimed_by', '=', worker)
      .where('status', '=', 'pending')
      .executeTakeFirst()
    if (updated.numUpdatedRows !== 1n) return
    if (outcome.arrived) await forgetFailure(tx, delivery)
    else await rememberFailure(tx, delivery, outcome.gone)
  })
}

function columnsFor({ attempts }: ClaimedDelivery, outcome: AttemptOutcome) {
  if (outcome.arrived) {
    return { status: 'delivered', delivered_at: sql<Date>`now()`, next_attempt_at: null, error_code: null } as const
  }
  const seconds = nextAttemptIn(attempts, outcome.retry_after_s, Math.random())
  const { error_code } = outcome
  if (seconds === null) return { status: 'failed', next_attempt_at: null, error_code } as const
  return { next_attempt_at: sql<Date>`now() + make_interval(secs => ${seconds})`, error_code }
}

async function forgetFailure(tx: Transaction<Database>, { endpoint }: ClaimedDelivery): Promise<void> {
  await tx
    .updateTable('webhook_endpoints')
    .set({ failing_since: null })
    .where('tenant_id', '=', endpoint.tenant_id)
    .where('id', '=', endpoint.id)
    .where('failing_since', 'is not', null)
    .execute()
}

async function rememberFailure(tx: Transaction<Database>, { endpoint }: ClaimedDelivery, gone: boolean): Promise<void> {
  const { failing_since, is_over } = await tx
    .updateTable('webhook_endpoints')
    .set({ failing_since: sql`coalesce(failing_since, now())` })
    .where('tenant_id', '=', endpoint.tenant_id)
    .where('id', '=', endpoint.id)
    .where('enabled', '=', true)
    .returning([
      'failing_since',
      sql<boolean>`failing_since < now() - make_interval(days => ${PATIENCE_DAYS})`.as('is_over'),
    ])
    .executeTakeFirst()
    .then((row) => row ?? { failing_since: null, is_over: false })
  if (failing_since === null || !(gone || is_over)) return
  const reason = gone
    ? 'The endpoint answered 410: it wants nothing any more.'
    : `Nothing has arrived there since ${failing_since.toISOString()}.`
  await tx
    .updateTable('webhook_endpoints')
    .set({ enabled: false, disabled_reason: reason })
    .where('tenant_id', '=', endpoint.tenant_id)
    .where('id', '=', endpoint.id)
    .execute()
  await cancelDeliveries(tx, endpoint.tenant_id, endpoint.id)
  const data = { endpoint_id: endpoint.id, reason }
  await emitEvent(tx, endpoint.tenant_id, { type: 'webhook_endpoint.disabled', data })
}
