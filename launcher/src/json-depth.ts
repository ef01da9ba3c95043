import type { JsonObject } from '@sluice/connector-specs'

const MAXIMUM_DEPTH = 200

/** Deeper than any document is, and than what walks it later can take. */
export function isTooDeep(value: JsonObject): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; depth <= MAXIMUM_DEPTH; depth += 1) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []))
    if (level.length === 0) return false
  }
  return true
}
