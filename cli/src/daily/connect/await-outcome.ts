import { setTimeout as delay } from 'node:timers/promises'
import { ApiError, type ConnectSession, dataOf, type SluiceClient } from '@sluice/client'
import { CliError } from '../../cli-error.ts'
import type { Terminal } from '../../terminal.ts'

const POLL_SECONDS = 25
const PATIENCE = 30
const PAUSE_MS = 1000

/**
 * Waits until the session is over, and tells what goes wrong on the way while it is not. A server that is away for a
 * while (a restart) is waited for.
 *
 * @throws CliError `timeout` when the command's own time is up; the link goes on working
 */
export async function awaitOutcome(
  client: SluiceClient,
  created: ConnectSession,
  timeoutMs: number | null,
  terminal: Terminal,
): Promise<ConnectSession> {
  const end = timeoutMs === null ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs
  let session = created
  let failures = 0
  while (session.status === 'open') {
    const left = Math.ceil((end - performance.now()) / 1000)
    if (left <= 0) {
      const message = 'The time limit passed before the person was done.'
      throw new CliError('timeout', message, { next_action: `The link goes on working until ${session.expires_at}.` })
    }
    const query = { wait: Math.min(POLL_SECONDS, left), version: session.version }
    const params = { path: { id: session.id }, query }
    const next: ConnectSession | null = await dataOf(client.GET('/v1/connect_sessions/{id}', { params })).catch(
      (error: unknown) => {
        terminal.signal.throwIfAborted()
        failures += 1
        if (!isPassing(error) || failures > PATIENCE) throw error
        return null
      },
    )
    if (next === null) {
      if (failures === 1) terminal.tell('The server does not answer; trying again …')
      await delay(PAUSE_MS, undefined, { signal: terminal.signal }).catch(() => terminal.signal.throwIfAborted())
      continue
    }
    failures = 0
    if (next.error !== null && next.version !== session.version && next.status === 'open') {
      terminal.tell(`${terminal.paint('yellow', 'An attempt failed:')} ${next.error.message} The link still works.`)
    }
    session = next
  }
  return session
}

function isPassing(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 'unreachable' || error.status >= 500 || error.status === 429)
}
