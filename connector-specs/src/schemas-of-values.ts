// Which parts of a schema speak of a value that stands in a config, whether or not a `oneOf` chose them.
import type { JsonObject, JsonValue } from '@sluice/oauth'
import { isJsonObject } from './json-object.ts'
import { compileSafePattern } from './safe-pattern.ts'
import { resolveLocalRef } from './subschemas.ts'

/** These schemas and all that they apply to the same value, each once. */
export function inPlace(root: JsonObject, schemas: readonly JsonObject[]): JsonObject[] {
  const all = new Set<JsonObject>(schemas)
  for (const schema of all) {
    const { $ref, allOf, anyOf, oneOf, then, else: otherwise, dependentSchemas, dependencies } = schema
    const target = typeof $ref === 'string' ? resolveLocalRef(root, $ref) : null
    if (target) all.add(target)
    for (const inner of [allOf, anyOf, oneOf, [then ?? null, otherwise ?? null], dependentSchemas, dependencies]) {
      if (typeof inner === 'object' && inner !== null) for (const part of Object.values(inner)) addSchema(all, part)
    }
  }
  return [...all]
}

function addSchema(all: Set<JsonObject>, schema: JsonValue | undefined): void {
  if (isJsonObject(schema)) all.add(schema)
}

/** What schemas say of the property `key` of the object that they apply to. */
export function propertySchemas(schema: JsonObject, key: string): JsonObject[] {
  const { properties, patternProperties, additionalProperties } = schema
  if (isJsonObject(properties) && Object.hasOwn(properties, key)) return [properties[key]].filter(isJsonObject)
  const matching = Object.entries(isJsonObject(patternProperties) ? patternProperties : {})
    .filter(([pattern]) => compileSafePattern(pattern, () => {}).test(key))
    .map(([, inner]) => inner)
  return (matching.length > 0 ? matching : [additionalProperties]).filter(isJsonObject)
}

export function itemSchemas(schema: JsonObject, index: number): JsonObject[] {
  const { items, prefixItems, additionalItems } = schema
  const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : []
  const rest = Array.isArray(items) ? additionalItems : items
  return [index < tuple.length ? tuple[index] : rest].filter(isJsonObject)
}
