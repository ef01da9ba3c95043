// Tells tenants of connections that only a person can keep alive, before they end: once for each threshold.
import type { Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'
import { emitEvent } from '../events/emit-event.ts'
import type { Services } from '../services.ts'

const DAY = 24 * 60 * 60

/** Seconds before `act_by`; the first one is a month. */
export const EXPIRY_THRESHOLDS = [30 * DAY, 7 * DAY, DAY] as const

const BATCH = 200

/**
 * Emits `connection.will_expire` for each grant that has come below a threshold since it was told last. The warning and
 * the event are one transaction, so that each is told once however many processes look.
 *
 * @returns how many were told
 */
export async function warnOfExpiry(services: Services): Promise<number> {
  let told = 0
  // Smallest first: who is late hears of the day, not of the month.
  for (const threshold of EXPIRY_THRESHOLDS.toReversed()) {
    for (;;) {
      const count = await services.db.transaction().execute((tx) => warn(tx, threshold, services.now()))
      told += count
      if (count < BATCH) break
    }
  }
  return told
}

async function warn(tx: Transaction<Database>, threshold: number, now: Date): Promise<number> {
  const due = await tx
    .selectFrom('grants')
    .innerJoin('connections', (join) =>
      join.onRef('connections.id', '=', 'grants.connection_id').onRef('connections.tenant_id', '=', 'grants.tenant_id'),
    )
    .select(['grants.tenant_id', 'grants.connection_id', 'grants.act_by', 'connections.end_user'])
    .where('grants.act_by', '<=', new Date(now.getTime() + threshold * 1000))
    .where('grants.act_by', '>', now)
    .where((row) => row.or([row('warned_seconds', 'is', null), row('warned_seconds', '>', threshold)]))
    .where('connections.status', '<>', 'needs_reauthorization')
    .where('connections.disabled_at', 'is', null)
    .orderBy('grants.act_by')
    .limit(BATCH)
    .forUpdate('grants')
    .skipLocked()
    .execute()
  for (const { tenant_id, connection_id, act_by, end_user } of due) {
    await tx
      .updateTable('grants')
      .set({ warned_seconds: threshold })
      .where('tenant_id', '=', tenant_id)
      .where('connection_id', '=', connection_id)
      .execute()
    await emitEvent(tx, tenant_id, {
      type: 'connection.will_expire',
      data: {
        connection_id,
        end_user_id: end_user?.id ?? null,
        act_by: act_by?.toISOString() ?? null,
        within_days: threshold / DAY,
      },
    })
  }
  return due.length
}

/** Looks every hour, one process for all, and at the start. */
export async function startForecasting(services: Services): Promise<void> {
  await services.queue.work('connections.forecast', { as: 'batches' }, async () => {
    await warnOfExpiry(services)
  })
  await services.queue.schedule('connections.forecast', '7 * * * *', {})
  await services.queue.send('connections.forecast', {}, { key: 'start' })
}
