import { z } from '@hono/zod-openapi'
import type { Services } from '../services.ts'
import { type ConnectSessionRow, connectSessionStatus } from './connect-session-record.ts'

export const waitQuery = z.object({
  wait: z.coerce.number().int().min(0).max(60).default(0).openapi({
    type: 'integer',
    description: 'Seconds to wait for the session’s end before answering.',
  }),
  version: z.coerce.number().int().min(0).optional().openapi({
    type: 'integer',
    description: 'With `wait`: answer as soon as the session is at another version.',
  }),
})

export interface Wait {
  wait: number
  version?: number | undefined
  signal: AbortSignal
}

/** Reads the session, again and again only when something has changed. Its expiry is a change too. */
export async function awaitConnectSession<Row extends ConnectSessionRow | null>(
  services: Services,
  read: () => Promise<Row>,
  { wait, version, signal }: Wait,
): Promise<Row> {
  const end = performance.now() + wait * 1000
  let row = await read()
  while (row !== null && connectSessionStatus(row, services.now()) === 'open') {
    const left = end - performance.now()
    if (
      left <= 0 ||
      signal.aborted ||
      services.session_watch.stopped ||
      (version !== undefined && row.version !== version)
    )
      break
    await services.session_watch.changed(row, Math.min(left, untilExpiry(services, row)), signal)
    row = await read()
  }
  return row
}

/** Milliseconds, one at least. */
export function untilExpiry({ now }: Services, row: Pick<ConnectSessionRow, 'expires_at'>): number {
  return Math.max(1, row.expires_at.getTime() - now().getTime())
}
