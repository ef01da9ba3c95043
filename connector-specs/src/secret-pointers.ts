import type { JsonObject, JsonValue } from '@sluice/oauth'
import { escapeToken, readPointer, writePointer } from './json-pointer.ts'
import { inPlace, itemSchemas, propertySchemas } from './schemas-of-values.ts'

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

export function isSecret(schema: JsonObject): boolean {
  return (
    schema.secret === true ||
    schema.airbyte_secret === true ||
    schema.writeOnly === true ||
    schema.format === 'password'
  )
}
