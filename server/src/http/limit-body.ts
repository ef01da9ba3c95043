import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { Problem } from './problem.ts'

const MAXIMUM_BYTES = 1024 * 1024

const limited = bodyLimit({
  maxSize: MAXIMUM_BYTES,
  onError: () => {
    throw new Problem(413, 'body_too_large', `The body is larger than ${MAXIMUM_BYTES} bytes.`)
  },
})

/** One megabyte is plenty for every operation. Only requests with a body pay for the check. */
export const limitBody: MiddlewareHandler = (c, next) =>
  c.req.method === 'GET' || c.req.method === 'HEAD' ? next() : limited(c, next)
