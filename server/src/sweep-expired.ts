import { sweepJournal } from './grants/grant-journal.ts'
import { sweepRuns } from './runs/sweep-runs.ts'
import type { Services } from './services.ts'

const KEPT_SESSION_MS = 30 * 24 * 60 * 60 * 1000
const EVENTS_KEPT_MS = 30 * 24 * 60 * 60 * 1000

/** Deletes what expired and holds something secret or grows without end. */
export async function sweepExpired(services: Services): Promise<void> {
  const { db, now } = services
  await db.deleteFrom('pending_authorizations').where('expires_at', '<', now()).execute()
  await db.deleteFrom('console_links').where('expires_at', '<', now()).execute()
  await db.deleteFrom('console_sign_ins').where('expires_at', '<', now()).execute()
  await db.deleteFrom('login_requests').where('expires_at', '<', now()).execute()
  await db.deleteFrom('console_sessions').where('expires_at', '<', now()).execute()
  await db.deleteFrom('attempt_counts').where('until', '<', now()).execute()
  await db.deleteFrom('idempotency_keys').where('expires_at', '<', now()).execute()
  await db
    .deleteFrom('events')
    .where('created_at', '<', new Date(now().getTime() - EVENTS_KEPT_MS))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('webhook_deliveries')
            .whereRef('webhook_deliveries.event_id', '=', 'events.id')
            .where('webhook_deliveries.status', '=', 'pending'),
        ),
      ),
    )
    .execute()
  await db
    .updateTable('connect_sessions')
    .set({ config_sealed: null })
    .where('expires_at', '<', now())
    .where('config_sealed', 'is not', null)
    .execute()
  await db
    .updateTable('connect_sessions')
    .set({ user_code_hash: null })
    .where('user_code_expires_at', '<', now())
    .where('user_code_hash', 'is not', null)
    .execute()
  await db
    .deleteFrom('connect_sessions')
    .where('expires_at', '<', new Date(now().getTime() - KEPT_SESSION_MS))
    .execute()
  await sweepJournal(services)
  await sweepRuns(services)
}

/** Sweeps now and every ten minutes, one process for all. */
export async function startSweeping(services: Services): Promise<void> {
  await services.queue.work('expired.sweep', { as: 'batches' }, () => sweepExpired(services))
  await services.queue.schedule('expired.sweep', '*/10 * * * *', {})
  await services.queue.send('expired.sweep', {}, { key: 'start' })
}
