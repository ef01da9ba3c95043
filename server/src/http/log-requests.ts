import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import type { Services } from '../services.ts'

/** One line and one observation a request: method, route pattern, status, duration. Never the address: it may carry a token or a code. */
export function logRequests({ log, metrics }: Services): MiddlewareHandler {
  return async (c, next) => {
    const started = performance.now()
    await next()
    const milliseconds = performance.now() - started
    const [method, route, status] = [c.req.method, routePath(c, -1), c.res.status]
    metrics.observeRequest(method, route, status, milliseconds / 1000)
    log.info({ method, route, status, duration_ms: Math.round(milliseconds * 10) / 10 }, 'request')
  }
}
