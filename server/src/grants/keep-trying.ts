import { setTimeout as delay } from 'node:timers/promises'
import { isDatabaseAway } from '../database/database-away.ts'

const COMMIT_PATIENCE_MS = 60_000
const COMMIT_PAUSE_MS = 200

/**
 * What the provider said is in this process alone until it is committed, so a database that restarts is waited for.
 * `commit` must bear that an earlier try was committed and its answer lost.
 */
export async function keepTrying<T>(commit: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + COMMIT_PATIENCE_MS
  for (;;) {
    try {
      return await commit()
    } catch (error) {
      if (!isDatabaseAway(error) || performance.now() > deadline) throw error
      await delay(COMMIT_PAUSE_MS)
    }
  }
}
