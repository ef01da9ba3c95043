import { sql } from 'kysely'
import { QUEUE_SCHEMA } from '../queue/queue.ts'
import type { Services } from '../services.ts'
import { countWaiting } from '../webhooks/delivery-worker.ts'
import type { Diagnostics } from './diagnostics-record.ts'

const LATE_SECONDS = 60

interface JobCounts {
  name: string
  waiting: string
  late: string
  active: string
  failed: string
}

export async function queueHealth(services: Services): Promise<Diagnostics['queue']> {
  const { db, now } = services
  // States are in pg-boss's order: created, retry, active, completed, cancelled, failed.
  const { rows: jobs } = await sql<JobCounts>`
    select name,
      count(*) filter (where state < 'active') as waiting,
      count(*) filter (where state < 'active' and start_after < now() - make_interval(secs => ${LATE_SECONDS})) as late,
      count(*) filter (where state = 'active') as active,
      count(*) filter (where state = 'failed' and completed_on > now() - interval '1 day') as failed
    from ${sql.id(QUEUE_SCHEMA)}.job where name not like '\\_\\_%' group by name order by name`.execute(db)
  const { rows: due } = await sql<{ count: string; oldest: Date | null }>`
    select count(*) as count, min(refresh_due_at) as oldest from grants where refresh_due_at <= ${now()}`.execute(db)
  return {
    jobs: jobs.map(({ name, waiting, late, active, failed }) => ({
      name,
      waiting: Number(waiting),
      late: Number(late),
      active: Number(active),
      failed: Number(failed),
    })),
    refreshes_due: Number(due[0]?.count ?? 0),
    oldest_refresh_due_at: due[0]?.oldest?.toISOString() ?? null,
    webhooks_waiting: await countWaiting(services),
  }
}
