import { setTimeout as delay } from 'node:timers/promises'
import { identifyProcess, isRunning } from '../process-identity.ts'

/** SIGINT is Postgres's fast shutdown, SIGQUIT its immediate one, after which it recovers at the next start. */
const STEPS: { signal: NodeJS.Signals; wait_ms: number }[] = [
  { signal: 'SIGINT', wait_ms: 10_000 },
  { signal: 'SIGQUIT', wait_ms: 5_000 },
  { signal: 'SIGKILL', wait_ms: 5_000 },
]
const POLL_MS = 10

/** Ends a Postgres process, politely first, and returns when it has ended. */
export async function endProcess(pid: number): Promise<void> {
  const identity = identifyProcess(pid)
  if (identity === null) return
  for (const { signal, wait_ms } of STEPS) {
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    const deadline = Date.now() + wait_ms
    while (Date.now() < deadline) {
      if (!isRunning(identity)) return
      await delay(POLL_MS)
    }
  }
}
