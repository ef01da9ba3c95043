import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { Problem } from './problem.ts'

const MAXIMUM_BYTES = 1024 * 1024
const MAXIMUM_DISCARDED_BYTES = 16 * 1024 * 1024

const limited = bodyLimit({
  maxSize: MAXIMUM_BYTES,
  onError: async (c) => {
    await discard(c.req.raw.body)
    throw new Problem(413, 'body_too_large', `The body is larger than ${MAXIMUM_BYTES} bytes.`)
  },
})

/**
 * One megabyte is plenty for every operation. A body that says how long it is is not touched: reading it later is then
 * the quick way of the server below.
 */
export const limitBody: MiddlewareHandler = (c, next) => {
  const length = c.req.header('content-length')
  if (c.req.header('transfer-encoding') !== undefined) return limited(c, next)
  return length === undefined || Number(length) <= MAXIMUM_BYTES ? next() : limited(c, next)
}

/** A client that is still sending when the connection closes would not see the answer. */
async function discard(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body === null || body.locked) return
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > MAXIMUM_DISCARDED_BYTES) return
  }
}
