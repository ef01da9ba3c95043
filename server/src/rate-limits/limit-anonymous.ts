import type { MiddlewareHandler } from 'hono'
import type { RateLimits } from './rate-limits.ts'

/** For routes that anyone may call: the connect pages, callbacks, signing in. */
export function limitAnonymous(limits: RateLimits): MiddlewareHandler {
  return (c, next) => {
    limits.countAnonymous(c)
    return next()
  }
}
