import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from './listen.ts'

export interface RequestCount {
  /** Answers as `answer` does, and counts what is under way. */
  counted(answer: Answer): Answer
  /** Resolves when everything under way is answered, or the time is over. */
  answered(milliseconds: number): Promise<void>
}

export function countRequests(): RequestCount {
  const underWay = new Set<Promise<unknown>>()
  return {
    counted: (answer) => async (request, env) => {
      const answering = Promise.resolve(answer(request, env))
      const over = answering.catch(() => {}).finally(() => underWay.delete(over))
      underWay.add(over)
      return answering
    },
    async answered(milliseconds) {
      const patience = new AbortController()
      const timeUp = delay(milliseconds, undefined, { signal: patience.signal }).catch(() => {})
      await Promise.race([Promise.all(underWay), timeUp])
      patience.abort()
    },
  }
}
