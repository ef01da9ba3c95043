import { isJsonObject, type JsonObject } from '@sluice/oauth'

/** Where null is a value of its own: this parameter or header is not sent. */
const NULL_MEANS_SOMETHING = new Set(['parameters', 'headers'])

/** An alias: objects are merged, null takes away what is inherited (RFC 7396), all else replaces it, lists too. */
export function mergeDeclarations(inherited: JsonObject, own: JsonObject, place = ''): JsonObject {
  const merged: JsonObject = { ...inherited }
  for (const [key, value] of Object.entries(own)) {
    const before = Object.hasOwn(inherited, key) ? inherited[key] : undefined
    if (value === null && !NULL_MEANS_SOMETHING.has(place)) delete merged[key]
    else merged[key] = isJsonObject(before) && isJsonObject(value) ? mergeDeclarations(before, value, key) : value
  }
  return merged
}
