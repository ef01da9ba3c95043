import { PgBoss } from 'pg-boss'
import { QUEUE_SCHEMA } from './queue.ts'

/** Creates or updates the queue's tables. Several servers may start at once: pg-boss takes an advisory lock. */
export async function installQueue(url: string): Promise<void> {
  const boss = new PgBoss({ connectionString: url, schema: QUEUE_SCHEMA, max: 1, supervise: false, schedule: false })
  boss.on('error', () => {})
  await boss.start()
  await boss.stop({ graceful: false })
}
