// A circuit for each provider's host, shared by all processes: when a provider is down, its grants wait together, and
// one call at a time asks whether it is back.
import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'

/** Failures in a row that open a circuit, each at most a minute after the one before. */
const OPENING_FAILURES = 5
const FIRST_PAUSE_SECONDS = 15
const LONGEST_PAUSE_SECONDS = 300
/** For the one call that asks whether the provider is back. */
const PROBE_SECONDS = 20

export type Admission = { admitted: true } | { admitted: false; seconds: number }

export interface ProviderCircuits {
  /** Whether this host may be called; else in how many seconds to ask again. Asks the database only about a host in trouble. */
  admit(host: string): Promise<Admission>
  succeeded(host: string): Promise<void>
  /** A failure of the provider, not of the grant or the client. `retry_after` in seconds. */
  failed(host: string, retry_after: number | null): Promise<void>
  /** Learns what the other processes found out. */
  learn(): Promise<void>
  open(): number
}

export function createProviderCircuits(db: Kysely<Database>): ProviderCircuits {
  /** Hosts in trouble: until when their circuit is open, by this process' monotonic clock; 0 while it is closed. */
  const troubled = new Map<string, number>()
  const remember = (host: string, seconds: number | null) =>
    troubled.set(host, seconds === null ? 0 : performance.now() + seconds * 1000)

  return {
    async admit(host) {
      const until = troubled.get(host)
      if (until === undefined || until === 0) return { admitted: true }
      const seconds = (until - performance.now()) / 1000
      if (seconds > 0) return { admitted: false, seconds }
      const probe = await db
        .updateTable('provider_circuits')
        .set({ open_until: sql`now() + make_interval(secs => ${PROBE_SECONDS})` })
        .where('host', '=', host)
        .where('open_until', '<=', sql<Date>`now()`)
        .executeTakeFirst()
      if (probe.numUpdatedRows === 1n) return { admitted: true }
      await this.learn()
      const left = ((troubled.get(host) ?? 0) - performance.now()) / 1000
      return left > 0 ? { admitted: false, seconds: left } : { admitted: true }
    },

    async succeeded(host) {
      if (!troubled.has(host)) return
      await db.deleteFrom('provider_circuits').where('host', '=', host).execute()
      troubled.delete(host)
    },

    async failed(host, retry_after) {
      const pause = sql`make_interval(secs => greatest(${retry_after ?? 0}::float8,
        least(${FIRST_PAUSE_SECONDS} * power(2, least(provider_circuits.openings, 10)), ${LONGEST_PAUSE_SECONDS})))`
      const inARow = sql`case when provider_circuits.openings = 0 and provider_circuits.failed_at < now() - interval '1 minute'
        then 1 else provider_circuits.failures + 1 end`
      const opens = sql`(provider_circuits.openings > 0 or ${inARow} >= ${OPENING_FAILURES})`
      const { rows } = await sql<{ seconds: number | null }>`
        insert into provider_circuits (host, failures) values (${host}, 1)
        on conflict (host) do update set
          failures = ${inARow},
          openings = provider_circuits.openings + case when ${opens} then 1 else 0 end,
          open_until = case when ${opens} then now() + ${pause} else provider_circuits.open_until end,
          failed_at = now()
        returning extract(epoch from open_until - now())::float8 as seconds`.execute(db)
      remember(host, rows[0]?.seconds ?? null)
    },

    async learn() {
      const rows = await db
        .selectFrom('provider_circuits')
        .select(['host', sql<number | null>`extract(epoch from open_until - now())::float8`.as('seconds')])
        .execute()
      troubled.clear()
      for (const { host, seconds } of rows) remember(host, seconds)
    },

    open: () => [...troubled.values()].filter((until) => until > performance.now()).length,
  }
}
