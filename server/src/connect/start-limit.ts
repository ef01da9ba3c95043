import { Problem } from '../http/problem.ts'

const STARTS = 60
const WINDOW_MS = 10 * 60 * 1000
const MAXIMUM_WINDOWS = 100_000

/** Counts how often something anonymous is done under a name (a link, an address), so that it keeps nobody busy. */
export interface StartLimit {
  /** @throws Problem 429 `too_many_starts` */
  count(name: string, now: Date): void
  /** Takes back what was counted last: it was nothing to hold against anyone. */
  forgive(name: string): void
}

/**
 * Counts within this process. What it remembers is bounded: by the names that were used within the window, and by a
 * hundred thousand of them, of which the oldest are forgotten first.
 */
export function createStartLimit({ starts: allowed = STARTS, windows: maximum = MAXIMUM_WINDOWS } = {}): StartLimit {
  const windows = new Map<string, { starts: number; until: number }>()

  return {
    forgive(name) {
      const window = windows.get(name)
      if (window !== undefined) window.starts -= 1
    },
    count(name, now) {
      const time = now.getTime()
      const known = windows.get(name)
      const isOver = known === undefined || known.until <= time
      const window = isOver ? { starts: 0, until: time + WINDOW_MS } : known
      if (isOver) {
        // A map is in order of insertion, so the oldest windows stand first.
        windows.delete(name)
        for (const [oldest, { until }] of windows) {
          if (until > time && windows.size < maximum) break
          windows.delete(oldest)
        }
        windows.set(name, window)
      }
      window.starts += 1
      if (window.starts <= allowed) return
      throw tooOften(new Date(window.until), now)
    },
  }
}

export function tooOften(until: Date, now: Date): Problem {
  const seconds = Math.ceil((until.getTime() - now.getTime()) / 1000)
  const detail = `This was tried too often. Try again in ${Math.ceil(seconds / 60)} minutes.`
  return new Problem(429, 'too_many_starts', detail, { headers: { 'retry-after': String(seconds) } })
}
