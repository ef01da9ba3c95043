import type { Services } from './services.ts'

/** Deletes what expired and holds something secret or grows without end. */
export async function sweepExpired({ db, now }: Services): Promise<void> {
  await db.deleteFrom('pending_authorizations').where('expires_at', '<', now()).execute()
  await db.deleteFrom('console_sessions').where('expires_at', '<', now()).execute()
  await db
    .updateTable('connect_sessions')
    .set({ config_sealed: null })
    .where('expires_at', '<', now())
    .where('config_sealed', 'is not', null)
    .execute()
}

/** Sweeps now and every ten minutes, one process for all. */
export async function startSweeping(services: Services): Promise<void> {
  await services.queue.work('expired.sweep', { as: 'batches' }, () => sweepExpired(services))
  await services.queue.schedule('expired.sweep', '*/10 * * * *', {})
  await services.queue.send('expired.sweep', {}, { key: 'start' })
}
