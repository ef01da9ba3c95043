// How often something may be tried that can be guessed, by all server processes together: another replica gives nobody
// another allowance.
import { sql } from 'kysely'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import { digest } from '../token-digest.ts'
import { tooOften } from './start-limit.ts'

const WINDOW_MS = 10 * 60 * 1000

export interface AttemptLimit {
  /** Counts an attempt of a client. @throws Problem 429 `too_many_starts` */
  count(client: string): Promise<void>
  /** Takes back what was counted last: it was nothing to hold against anyone. */
  forgive(client: string): Promise<void>
}

export interface AttemptsAllowed {
  /** What is tried. */
  name: string
  /** Within ten minutes. */
  of_client: number
  /** Of all clients together, within ten minutes: so many rows there can be, too. */
  of_all: number
}

/** Addresses are kept as digests, until the window is over. */
export function createAttemptLimit({ db, now }: Services, { name, of_client, of_all }: AttemptsAllowed): AttemptLimit {
  const everybody = digest(name)
  const nameOf = (client: string) => digest(`${name} ${client}`)

  return {
    async count(client) {
      const time = now()
      const until = new Date(time.getTime() + WINDOW_MS)
      const again = sql`on conflict (name) do update set
        attempts = case when attempt_counts.until <= ${time} then 1 else attempt_counts.attempts + 1 end,
        until = case when attempt_counts.until <= ${time} then excluded.until else attempt_counts.until end
        returning attempts, until`
      // A client that is over its own limit uses up nothing of the others'.
      const { rows } = await sql<{ until: Date }>`
        with over as (
          select until from attempt_counts where name = ${everybody} and until > ${time} and attempts >= ${of_all}
        ), of_client as (
          insert into attempt_counts (name, attempts, until)
          select ${nameOf(client)}::bytea, 1, ${until}::timestamptz where not exists (select from over) ${again}
        ), of_all as (
          insert into attempt_counts (name, attempts, until)
          select ${everybody}::bytea, 1, ${until}::timestamptz from of_client where attempts <= ${of_client} ${again}
        )
        select until from over
        union all select until from of_client where attempts > ${of_client}
        union all select until from of_all where attempts > ${of_all}`.execute(db)
      if (rows[0] !== undefined) throw tooOften(rows[0].until, time)
    },
    async forgive(client) {
      await sql`update attempt_counts set attempts = attempts - 1
        where name in (${everybody}, ${nameOf(client)})`.execute(db)
    },
  }
}

/** Whether an error says that something was tried too often. */
export function isTooOften(error: unknown): error is Problem {
  return error instanceof Problem && error.code === 'too_many_starts'
}
