import type { JsonObject } from '@sluice/oauth'

/** Says that a parsed body's object holds JSON. It was made by `JSON.parse`, which yields nothing else. */
export function parseJsonObject(value: Record<string, unknown>): JsonObject {
  return value as JsonObject
}
