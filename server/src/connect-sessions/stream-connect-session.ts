// A connect session's changes as server-sent events (WHATWG HTML §9.2).
import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Services } from '../services.ts'
import { untilExpiry } from './await-connect-session.ts'
import { type ConnectSessionRow, connectSessionStatus } from './connect-session-record.ts'

/** Silent connections are cut by what lies between; a comment now and then keeps them. */
const COMMENT_MS = 15_000
/** Then the client comes again by itself, perhaps to another replica. */
const MAXIMUM_MS = 10 * 60_000

/** An event's id is the version with the status, because expiry changes no version. */
export function streamConnectSession(
  c: Context,
  services: Services,
  first: ConnectSessionRow,
  read: () => Promise<ConnectSessionRow>,
  present: (row: ConnectSessionRow, now: Date) => object,
): Response {
  const statusOf = (row: ConnectSessionRow) => connectSessionStatus(row, services.now())
  const idOf = (row: ConnectSessionRow) => `${row.version}-${statusOf(row)}`
  if (statusOf(first) !== 'open' && c.req.header('last-event-id') === idOf(first)) return c.body(null, 204)

  c.header('x-accel-buffering', 'no')
  const response = streamSSE(c, async (stream) => {
    const gone = new AbortController()
    stream.onAbort(() => gone.abort())
    const end = performance.now() + MAXIMUM_MS
    let row = first
    let told = ''
    while (!gone.signal.aborted && performance.now() < end) {
      const id = idOf(row)
      if (id === told) await stream.write(': still open\n\n')
      else await stream.writeSSE({ event: 'status', id, data: JSON.stringify(present(row, services.now())) })
      told = id
      if (statusOf(row) !== 'open') return
      if (services.session_watch.stopped) return
      await services.session_watch.changed(row, Math.min(COMMENT_MS, untilExpiry(services, row)), gone.signal)
      row = await read()
    }
  })
  response.headers.set('cache-control', 'no-store')
  return response
}
