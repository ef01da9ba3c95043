import type { JsonObject, JsonValue } from '@sluice/oauth'
import { isJsonObject } from './json-object.ts'
import { escapeToken, readPointer, writePointer } from './json-pointer.ts'
import { compileSafePattern } from './safe-pattern.ts'
import { resolveLocalRef } from './subschemas.ts'

/** What stands in the place of a secret that is set. */
export const MASK = '********'

/**
 * The pointers of the config's fields that the schema calls secret: `secret` (Flow, Singer SDK), `airbyte_secret`,
 * `writeOnly` and `format: password` (DevLake). Every arm of a `oneOf` counts, chosen or not, so that a half-filled
 * config hides no less. Fields that are absent or null are left out.
 */
export function secretPointers(schema: JsonObject, config: JsonObject): string[] {
  const found = new Set<string>()
  collect(schema, [schema], config, '', found)
  return [...found]
}

/** A copy of the config in which each secret that is set reads `********`. */
export function maskConfig(schema: JsonObject, config: JsonObject): JsonObject {
  const masked = structuredClone(config)
  for (const pointer of secretPointers(schema, config)) {
    if (readPointer(config, pointer) !== '') writePointer(masked, pointer, MASK)
  }
  return masked
}

/**
 * The secret texts in a config, for redaction: what the schema calls secret, and every string below a secret object.
 */
export function secretValues(schema: JsonObject, config: JsonObject): string[] {
  const values = new Set<string>()
  const add = (value: JsonValue | undefined): void => {
    if (typeof value === 'string') values.add(value)
    else if (typeof value === 'number') values.add(String(value))
    else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) add(item)
  }
  for (const pointer of secretPointers(schema, config)) add(readPointer(config, pointer))
  return [...values]
}

function collect(
  root: JsonObject,
  schemas: readonly JsonObject[],
  value: JsonValue | undefined,
  pointer: string,
  found: Set<string>,
): void {
  if (value === undefined || value === null) return
  const applying = inPlace(root, schemas)
  if (pointer !== '' && applying.some(isSecret)) {
    found.add(pointer)
    return
  }
  if (typeof value !== 'object') return
  for (const [key, item] of Object.entries(value)) {
    const deeper = Array.isArray(value)
      ? applying.flatMap((schema) => itemSchemas(schema, Number(key)))
      : applying.flatMap((schema) => propertySchemas(schema, key))
    if (deeper.length > 0) collect(root, deeper, item, `${pointer}/${escapeToken(key)}`, found)
  }
}

/** These schemas and all that they apply to the same value, each once. */
function inPlace(root: JsonObject, schemas: readonly JsonObject[]): JsonObject[] {
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

function isSecret(schema: JsonObject): boolean {
  return (
    schema.secret === true ||
    schema.airbyte_secret === true ||
    schema.writeOnly === true ||
    schema.format === 'password'
  )
}

function propertySchemas(schema: JsonObject, key: string): JsonObject[] {
  const { properties, patternProperties, additionalProperties } = schema
  if (isJsonObject(properties) && Object.hasOwn(properties, key)) return [properties[key]].filter(isJsonObject)
  const matching = Object.entries(isJsonObject(patternProperties) ? patternProperties : {})
    .filter(([pattern]) => compileSafePattern(pattern, () => {}).test(key))
    .map(([, inner]) => inner)
  return (matching.length > 0 ? matching : [additionalProperties]).filter(isJsonObject)
}

function itemSchemas(schema: JsonObject, index: number): JsonObject[] {
  const { items, prefixItems, additionalItems } = schema
  const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : []
  const rest = Array.isArray(items) ? additionalItems : items
  return [index < tuple.length ? tuple[index] : rest].filter(isJsonObject)
}
