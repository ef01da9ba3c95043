import type { Services } from './services.ts'

const INTERVAL_MS = 10 * 60 * 1000

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

/** Sweeps now and every ten minutes, until the returned function is called. */
export function startSweeping(services: Services): () => void {
  const sweep = () => {
    sweepExpired(services).catch((error: Error) => services.log.warn({ error_name: error.name }, 'sweeping failed'))
  }
  sweep()
  const timer = setInterval(sweep, INTERVAL_MS)
  timer.unref()
  return () => clearInterval(timer)
}
