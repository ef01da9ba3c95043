// A run as server-sent events (WHATWG HTML §9.2), from whichever replica; `Last-Event-ID` goes on where one stopped.
import { createRoute, z } from '@hono/zod-openapi'
import { streamSSE } from 'hono/streaming'
import { forTenant } from '../database/in-tenant.ts'
import { type Api, failures } from '../http/api.ts'
import { uuidParameter } from '../http/parameters.ts'
import { requires } from '../http/requires.ts'
import type { Services } from '../services.ts'
import { readRunEvents } from './run-events.ts'
import { findRun, isOver } from './run-record.ts'

/** Silent connections are cut by what lies between; a comment now and then keeps them. */
const COMMENT_MS = 15_000
/** Then the client comes again by itself, perhaps to another replica. */
const MAXIMUM_MS = 10 * 60_000

const route = createRoute({
  method: 'get',
  path: '/v1/runs/{id}/events',
  tags: ['Runs'],
  summary: 'Follow a run',
  description:
    'Server-sent events: `status` (of the run), `step` (of an operation), `stream` (of a collection), `progress` ' +
    '(documents and bytes that are committed), `log` (redacted, the first 2000), `rotation`. Each has an id; come again ' +
    'with `Last-Event-ID` for those that follow it. The stream ends with the run; coming again after that gives 204.',
  security: requires('runs:read'),
  request: {
    params: uuidParameter,
    headers: z.object({ 'last-event-id': z.coerce.number().int().min(0).optional().openapi({ type: 'integer' }) }),
  },
  responses: {
    200: { description: 'The events.', content: { 'text/event-stream': { schema: z.string() } } },
    204: { description: 'The run is over, and all of it was told.' },
    ...failures(401, 403, 404, 422),
  },
})

export function streamRun(api: Api, shared: Services) {
  api.openapi(route, async (c) => {
    const { tenant_id } = c.get('caller')
    const services = forTenant(shared, tenant_id)
    const { id } = c.req.valid('param')
    const first = await findRun(services, tenant_id, id)
    let last = c.req.valid('header')['last-event-id'] ?? 0
    if (isOver(first) && last >= first.event_sequence) return c.body(null, 204)

    c.header('x-accel-buffering', 'no')
    const response = streamSSE(c, async (stream) => {
      const gone = new AbortController()
      stream.onAbort(() => gone.abort())
      const end = performance.now() + MAXIMUM_MS
      while (!gone.signal.aborted && performance.now() < end) {
        // Read before its events: what comes in between is told in the next round.
        const row = await findRun(services, tenant_id, id)
        const events = await readRunEvents(services, row, last)
        for (const { sequence, type, data } of events) {
          await stream.writeSSE({ event: type, id: String(sequence), data: JSON.stringify(data) })
          last = sequence
        }
        if (events.length > 0) continue
        if (isOver(row)) return
        const waited = performance.now()
        await services.run_watch.changed(row, COMMENT_MS, gone.signal)
        if (performance.now() - waited >= COMMENT_MS) await stream.write(': still at it\n\n')
      }
    })
    response.headers.set('cache-control', 'no-store')
    // The described response is a text; this one is streamed.
    return response as never
  })
}
