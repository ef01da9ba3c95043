import type { JsonObject } from '@sluice/oauth'
import { Problem } from './problem.ts'

const MAXIMUM_DEPTH = 100

/**
 * Says that a parsed body's object holds JSON: it was made by `JSON.parse`, which yields nothing else.
 *
 * @throws Problem 422 when it is nested deeper than what walks it later can take
 */
export function parseJsonObject(value: Record<string, unknown>): JsonObject {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAXIMUM_DEPTH) {
      throw new Problem(422, 'too_deep', `The config is nested deeper than ${MAXIMUM_DEPTH} levels.`)
    }
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []))
  }
  return value as JsonObject
}
