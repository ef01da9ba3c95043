import { sql } from 'kysely'
import { Gauge } from 'prom-client'
import type { Services } from '../services.ts'
import { EXPIRY_THRESHOLDS } from './warn-of-expiry.ts'

const DAY = 24 * 60 * 60

/** `sluice_connections{status}` and `sluice_connections_act_within{days}`, counted when they are asked for. */
export function registerConnectionMetrics({ db, metrics, now }: Pick<Services, 'db' | 'metrics' | 'now'>): void {
  const byStatus = new Gauge({
    name: 'sluice_connections',
    help: 'Connections by status.',
    labelNames: ['status'],
    registers: [metrics.registry],
    async collect() {
      const rows = await db
        .selectFrom('connections')
        .select(({ fn }) => [
          sql<string>`case when disabled_at is null then status else 'disabled' end`.as('status'),
          fn.countAll<string>().as('count'),
        ])
        .groupBy(sql`1`)
        .execute()
      byStatus.reset()
      for (const { status, count } of rows) byStatus.set({ status }, Number(count))
    },
  })
  const actWithin = new Gauge({
    name: 'sluice_connections_act_within',
    help: 'Connections whose grant ends within so many days unless a person authorizes again.',
    labelNames: ['days'],
    registers: [metrics.registry],
    async collect() {
      for (const threshold of EXPIRY_THRESHOLDS) {
        const row = await db
          .selectFrom('grants')
          .select(({ fn }) => fn.countAll<string>().as('count'))
          .where('act_by', '>', now())
          .where('act_by', '<=', new Date(now().getTime() + threshold * 1000))
          .executeTakeFirstOrThrow()
        actWithin.set({ days: String(threshold / DAY) }, Number(row.count))
      }
    },
  })
}
