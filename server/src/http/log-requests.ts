import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { Logger } from 'pino'

/** One line a request: method, route pattern, status, duration. Never the address: it may carry a token or a code. */
export function logRequests(log: Logger): MiddlewareHandler {
  return async (c, next) => {
    const started = performance.now()
    await next()
    const duration_ms = Math.round((performance.now() - started) * 10) / 10
    log.info({ method: c.req.method, route: routePath(c, -1), status: c.res.status, duration_ms }, 'request')
  }
}
