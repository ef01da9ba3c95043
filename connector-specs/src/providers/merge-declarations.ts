import { isJsonObject, type JsonObject } from '@sluice/oauth'

/** An alias: objects are merged, all else (lists and null too) replaces what is inherited. */
export function mergeDeclarations(inherited: JsonObject, own: JsonObject): JsonObject {
  const merged: JsonObject = { ...inherited }
  for (const [key, value] of Object.entries(own)) {
    const before = Object.hasOwn(inherited, key) ? inherited[key] : undefined
    merged[key] = isJsonObject(before) && isJsonObject(value) ? mergeDeclarations(before, value) : value
  }
  return merged
}
