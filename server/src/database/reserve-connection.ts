// `reserve` of postgres.js forgets who waits in it when a connection closes meanwhile: such a wait would never end. So it is
// asked only where a connection is open, and again when one closed.
import type { ReservedSql, Sql } from 'postgres'

/** For so long after a connection closed, it is seen first whether one can be had. */
const CAREFUL_MS = 60_000

interface Closings {
  last: number
  waiting: Set<() => void>
}

const closingsOf = new WeakMap<Sql, Closings>()

/** To be given to the pool as `onclose`; `pool` is asked when one closes. */
export function noticeClosings(pool: () => Sql): () => void {
  return () => {
    const closings = closingsFor(pool())
    closings.last = performance.now()
    for (const go of closings.waiting) go()
  }
}

function closingsFor(pool: Sql): Closings {
  const known = closingsOf.get(pool) ?? { last: Number.NEGATIVE_INFINITY, waiting: new Set() }
  closingsOf.set(pool, known)
  return known
}

/** A connection for one alone. @throws as a statement would while the database is away */
export async function reserveConnection(pool: Sql): Promise<ReservedSql> {
  const closings = closingsFor(pool)
  for (;;) {
    if (performance.now() - closings.last < CAREFUL_MS) await pool.unsafe('select 1')
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    closings.waiting.add(resolve)
    try {
      const reserving = pool.reserve()
      const reserved = await Promise.race([reserving, closed])
      if (reserved !== undefined) return reserved
      // Should it come after all, others may have it.
      reserving.then(
        (late) => late.release(),
        () => {},
      )
    } finally {
      closings.waiting.delete(resolve)
    }
  }
}
