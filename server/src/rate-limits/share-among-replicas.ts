// Several server processes on one database share the rate limits: each tells now and then that it lives, counts who
// does, and lets its share through.
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import type { Database } from '../database/schema.ts'
import { uuidv7 } from '../uuid.ts'
import type { RateLimits } from './rate-limits.ts'

const BEAT_MS = 10_000
/** Who has been silent for three beats is gone. */
const LIVES_SECONDS = 30

/** Resolves after the first count; the returned function takes this process out of the count. */
export async function shareAmongReplicas(
  { db, log }: { db: Kysely<Database>; log: Logger },
  limits: RateLimits,
): Promise<() => Promise<void>> {
  const id = uuidv7()
  const beat = async () => limits.share(1 / (await countReplicas(db, id)))
  await beat()
  const timer = setInterval(() => {
    beat().catch((error: Error) => log.warn({ error_name: error.name }, 'servers could not be counted'))
  }, BEAT_MS)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await db.deleteFrom('server_processes').where('id', '=', id).execute()
  }
}

/** Tells that this process lives, and how many do. */
export async function countReplicas(db: Kysely<Database>, id: string): Promise<number> {
  const { rows } = await sql<{ living: number }>`
    with gone as (
      delete from server_processes where seen_at < now() - make_interval(secs => ${LIVES_SECONDS}) and id <> ${id}
    ), here as (
      insert into server_processes (id, seen_at) values (${id}, now())
      on conflict (id) do update set seen_at = excluded.seen_at
    )
    select count(*)::int + 1 as living from server_processes
    where id <> ${id} and seen_at >= now() - make_interval(secs => ${LIVES_SECONDS})`.execute(db)
  return rows[0]?.living ?? 1
}
