import type { JsonObject } from '@sluice/oauth'
import { z } from 'zod'

/** Any object of a parsed JSON or YAML text; its values are JSON because such a parser made them. */
export const jsonObject = z.custom<JsonObject>(isJsonObject, 'must be an object')

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
