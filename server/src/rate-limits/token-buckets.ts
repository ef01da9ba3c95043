// Token buckets: each holds `burst` tokens at most and gains `per_second` of them every second; a request takes one.

export interface BucketLimit {
  per_second: number
  burst: number
}

export interface TokenBuckets {
  /** Takes a token of the bucket with this name; `remaining` counts what is left, and is below 0 when there was none. */
  take(name: string): { remaining: number; retry_after_seconds: number }
  /** Lets only a part of the limit through here, when other processes let through the rest. */
  share(part: number): void
  /** How many buckets are kept; never more than twice `KEPT_BUCKETS`. */
  size(): number
}

interface Bucket {
  tokens: number
  at: number
}

export const KEPT_BUCKETS = 50_000

/** @param clock milliseconds, of any beginning */
export function createTokenBuckets(limit: BucketLimit, clock: () => number): TokenBuckets {
  // When the newer ones are many, the older ones are forgotten: they have had the longest time to fill again.
  let newer = new Map<string, Bucket>()
  let older = new Map<string, Bucket>()
  let { per_second, burst } = limit

  return {
    take(name) {
      const now = clock()
      const known = newer.get(name) ?? older.get(name)
      const tokens =
        known === undefined ? burst : Math.min(burst, known.tokens + ((now - known.at) / 1000) * per_second)
      if (newer.size >= KEPT_BUCKETS) {
        older = newer
        newer = new Map()
      }
      const allowed = tokens >= 1
      newer.set(name, { tokens: allowed ? tokens - 1 : tokens, at: now })
      if (allowed) return { remaining: Math.floor(tokens - 1), retry_after_seconds: 0 }
      return { remaining: -1, retry_after_seconds: Math.max(1, Math.ceil((1 - tokens) / per_second)) }
    },
    size: () => newer.size + older.size,
    share(part) {
      per_second = limit.per_second * part
      burst = Math.max(1, limit.burst * part)
    },
  }
}
