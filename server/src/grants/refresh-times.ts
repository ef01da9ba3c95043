// When an access token is refreshed: as a share of its lifetime, so that a token of five minutes is not refreshed at
// every read, and scattered, so that grants of one minute do not fall due in one second.
import type { RefreshPolicy } from '@sluice/oauth'

/** Ahead of time, by the queue. */
const DUE_SHARE = { from: 0.75, to: 0.85 }
/** By whoever reads it, when the queue did not get there. */
const STALE_SHARE = { from: 0.88, to: 0.94 }
/** Before this share of its life every token is fresh. */
export const SURELY_FRESH_SHARE = STALE_SHARE.from
/** However early a provider wants the refresh, a token is used for half of its life. */
const EARLIEST_SHARE = 0.5

interface Lifetime {
  issued_at: Date
  access_token_expires_at: Date | null
}

/** When the queue is to refresh a token; null when its lifetime is not known. `random` is in [0, 1). */
export function refreshDueAt(
  { issued_at, access_token_expires_at }: Lifetime,
  policy: Pick<RefreshPolicy, 'margin_seconds'>,
  random: number = Math.random(),
): Date | null {
  if (access_token_expires_at === null) return null
  const issued = issued_at.getTime()
  const lifetime = access_token_expires_at.getTime() - issued
  if (policy.margin_seconds === null) return new Date(issued + lifetime * scatter(DUE_SHARE, random))
  const margin = policy.margin_seconds * 1000 * (1 + 0.1 * random)
  return new Date(issued + Math.max(lifetime - margin, lifetime * EARLIEST_SHARE))
}

export type Age = 'fresh' | 'stale' | 'expired'

/** How a reader sees a token. The same token of the same grant goes stale at the same instant for all readers. */
export function ageOf(grant: Lifetime & { connection_id: string; version: number }, now: Date): Age {
  if (grant.access_token_expires_at === null) return 'fresh'
  const issued = grant.issued_at.getTime()
  const expires = grant.access_token_expires_at.getTime()
  if (expires <= now.getTime()) return 'expired'
  const share = scatter(STALE_SHARE, fraction(grant.connection_id, grant.version))
  return now.getTime() < issued + (expires - issued) * share ? 'fresh' : 'stale'
}

function scatter({ from, to }: { from: number; to: number }, random: number): number {
  return from + (to - from) * random
}

/** A number in [0, 1) that belongs to one version of one grant. */
function fraction(connectionId: string, version: number): number {
  const digits = Number.parseInt(connectionId.slice(-6), 16)
  return ((digits + version * 7919) % 1000) / 1000
}

const FIRST_PAUSE_SECONDS = 5
const LONGEST_PAUSE_SECONDS = 30 * 60
const BROKEN_FIRST_PAUSE_SECONDS = 60
const BROKEN_LONGEST_PAUSE_SECONDS = 6 * 60 * 60
/** A grant that somebody must mend is tried by itself for some four days, then only when it is read. */
const BROKEN_ATTEMPTS = 24

/**
 * Seconds until the next attempt after `failures` in a row. What the provider asks for (`Retry-After`) is the least.
 * `somebody` has to mend it: then pauses are long, and null says that it is not tried by itself any more.
 */
export function retryPause(
  failures: number,
  { somebody, retry_after, random = Math.random() }: { somebody: boolean; retry_after: number | null; random?: number },
): { seconds: number; by_itself: boolean } {
  const first = somebody ? BROKEN_FIRST_PAUSE_SECONDS : FIRST_PAUSE_SECONDS
  const longest = somebody ? BROKEN_LONGEST_PAUSE_SECONDS : LONGEST_PAUSE_SECONDS
  const pause = Math.min(first * 2 ** Math.min(failures - 1, 20), longest) * (0.8 + 0.4 * random)
  return { seconds: Math.max(pause, retry_after ?? 0), by_itself: !somebody || failures < BROKEN_ATTEMPTS }
}
