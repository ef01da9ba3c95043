import { setTimeout as delay } from 'node:timers/promises'
import { ApiError, dataOf, type Run, type SluiceClient } from '@sluice/client'
import type { Terminal } from '../../terminal.ts'
import { readEvents } from './server-sent-events.ts'

export interface RunNews {
  type: string
  data: Record<string, unknown>
}

const PATIENCE = 30
const PAUSE_MS = 1000

/**
 * Tells what happens in a run, from its beginning, and gives the run when it is over. A stream that ends before is taken
 * up where it stopped, from whichever server answers then.
 */
export async function followRun(
  client: SluiceClient,
  id: string,
  onNews: (news: RunNews) => void | Promise<void>,
  { signal }: Terminal,
): Promise<Run> {
  let last = 0
  let failures = 0
  for (;;) {
    try {
      for await (const event of await openStream(client, id, last)) {
        failures = 0
        last = Number(event.id ?? last)
        await onNews({ type: event.type, data: JSON.parse(event.data) })
      }
      const run = await dataOf(client.GET('/v1/runs/{id}', { params: { path: { id } } }))
      if (run.finished_at !== null) return run
    } catch (error) {
      signal.throwIfAborted()
      failures += 1
      if (!isPassing(error) || failures > PATIENCE) throw error
      await delay(PAUSE_MS, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }
}

async function openStream(client: SluiceClient, id: string, last: number) {
  const params = { path: { id }, header: { 'last-event-id': last } }
  const body = await dataOf<ReadableStream<Uint8Array> | null | undefined>(
    client.GET('/v1/runs/{id}/events', { params, parseAs: 'stream' }),
  )
  return body ? readEvents(body) : []
}

/** A connection that breaks amid the stream is a TypeError of fetch. */
function isPassing(error: unknown): boolean {
  if (error instanceof ApiError) return error.code === 'unreachable' || error.status >= 500 || error.status === 429
  return error instanceof TypeError
}
