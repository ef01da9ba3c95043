import { Problem } from '../http/problem.ts'

const STARTS = 60
const WINDOW_MS = 10 * 60 * 1000

/** Counts how often each connect link starts an authorization, so that one link cannot keep the server busy. */
export interface StartLimit {
  /** @throws Problem 429 `too_many_starts` */
  count(connectSessionId: string, now: Date): void
}

/** Counts within this process. What it remembers is bounded by the links that were used within the window. */
export function createStartLimit(): StartLimit {
  let windows = new Map<string, { starts: number; until: number }>()
  let nextSweep = 0

  return {
    count(connectSessionId, now) {
      const time = now.getTime()
      if (time >= nextSweep) {
        windows = new Map([...windows].filter(([, window]) => window.until > time))
        nextSweep = time + WINDOW_MS
      }
      const known = windows.get(connectSessionId)
      const window = known !== undefined && known.until > time ? known : { starts: 0, until: time + WINDOW_MS }
      window.starts += 1
      windows.set(connectSessionId, window)
      if (window.starts <= STARTS) return
      const minutes = Math.ceil((window.until - time) / 60_000)
      throw new Problem(429, 'too_many_starts', `This link was started too often. Try again in ${minutes} minutes.`)
    },
  }
}
