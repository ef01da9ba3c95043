// How often one API key may call, and one client without a key. Each process counts for itself; processes that share a
// database share the limit between them (`share-among-replicas.ts`).
import type { Context } from 'hono'
import type { Logger } from 'pino'
import { Problem } from '../http/problem.ts'
import { clientAddress, clientNetwork, trustedProxies } from './client-address.ts'
import { type BucketLimit, createTokenBuckets, type TokenBuckets } from './token-buckets.ts'

export interface RateLimitConfig {
  /** Requests a second for each API key; 0 for any number. */
  per_key: number
  /** Requests a second for each client address on what needs no key; 0 for any number. */
  anonymous: number
  /** Addresses and ranges of proxies whose `X-Forwarded-For` is believed. */
  trusted_proxies: string[]
}

export interface RateLimits {
  /** Counts a call with a key. @throws Problem 429 `too_many_requests` */
  countKey(apiKeyId: string): void
  /** Counts a request without one, by the client's address. @throws Problem 429 `too_many_requests` */
  countAnonymous(c: Context): void
  /** The client that a request comes from, as it is counted. */
  clientOf(c: Context): string
  /** Lets only this part of each limit through here. */
  share(part: number): void
}

/** Clients may save up this many seconds of calls: pages load in bursts, and so do nightly jobs. */
const KEY_BURST_SECONDS = 5
const ANONYMOUS_BURST_SECONDS = 10

/** @throws TrustedProxiesError */
export function createRateLimits(config: RateLimitConfig, log: Logger): RateLimits {
  const trusted = trustedProxies(config.trusted_proxies)
  const clock = () => performance.now()
  const perKey = limitOf('api_key', config.per_key, KEY_BURST_SECONDS, clock)
  const anonymous = limitOf('client', config.anonymous, ANONYMOUS_BURST_SECONDS, clock)
  const clientOf = (c: Context) => clientNetwork(clientAddress(c, trusted))
  let warned = config.trusted_proxies.length > 0

  function warnOfProxy(c: Context): void {
    if (warned || c.req.header('x-forwarded-for') === undefined) return
    warned = true
    log.warn(
      'requests come with X-Forwarded-For, which is not believed: all clients behind that proxy count as one. ' +
        'Name the proxy in SLUICE_TRUSTED_PROXIES',
    )
  }

  return {
    countKey: (apiKeyId) => perKey?.count(apiKeyId),
    countAnonymous(c) {
      if (anonymous === null) return
      warnOfProxy(c)
      anonymous.count(clientOf(c))
    },
    clientOf,
    share(part) {
      perKey?.buckets.share(part)
      anonymous?.buckets.share(part)
    },
  }
}

interface Limit {
  buckets: TokenBuckets
  count(name: string): void
}

function limitOf(policy: string, perSecond: number, burstSeconds: number, clock: () => number): Limit | null {
  if (perSecond === 0) return null
  const limit: BucketLimit = { per_second: perSecond, burst: Math.max(1, perSecond * burstSeconds) }
  const buckets = createTokenBuckets(limit, clock)
  // draft-ietf-httpapi-ratelimit-headers-10: the quota, and the seconds in which it is given anew.
  const quota = `"${policy}";q=${Math.floor(limit.burst)};w=${burstSeconds}`
  return {
    buckets,
    count(name) {
      const { remaining, retry_after_seconds } = buckets.take(name)
      if (remaining >= 0) return
      throw new Problem(
        429,
        'too_many_requests',
        `More than ${perSecond} requests a second. Try again in ${retry_after_seconds} s, and spread the calls.`,
        {
          headers: {
            'retry-after': String(retry_after_seconds),
            'ratelimit-policy': quota,
            ratelimit: `"${policy}";r=0;t=${retry_after_seconds}`,
          },
        },
      )
    },
  }
}
