// A connector that rotates its tokens hands back its whole config. Only what it may have rotated is taken from it.
import {
  compileSchema,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  readPointer,
  secretPointers,
  writePointer,
} from '@sluice/connector-specs'

export interface HarvestRules {
  /** The connector's config schema: what it calls secret is taken, and nothing that breaks it. */
  config_schema?: JsonObject
  /** JSON pointers of the fields that token responses are mapped to, secret or not (an expiry, an instance's address). */
  mapped?: readonly string[]
  /** Values that were injected: the fields that held one are taken whatever the schema says of them. */
  secrets: readonly string[]
}

export interface Harvest {
  /** The config as it was, with what was rotated. */
  config: JsonObject
  /** Pointers of the fields that were taken; empty when nothing was rotated. */
  taken: string[]
  /** Those that changed but break the schema, and were left as they were. */
  refused: string[]
}

/** Takes the rotated fields out of `after`; all else stays as it stands in `before`. Changes neither. */
export function harvestConfig(before: JsonObject, after: JsonObject, rules: HarvestRules): Harvest {
  const { config_schema, mapped = [], secrets } = rules
  const injected = leaves(before).filter(([, value]) => secrets.includes(String(value)))
  const candidates = new Set([
    ...(config_schema ? secretPointers(config_schema, after) : []),
    ...mapped,
    ...injected.map(([pointer]) => pointer),
  ])
  const config = structuredClone(before)
  const changed: string[] = []
  for (const pointer of candidates) {
    const rotated = readPointer(after, pointer)
    if (!isLeaf(rotated) || rotated === readPointer(before, pointer) || !hasParent(before, pointer)) continue
    writePointer(config, pointer, rotated)
    changed.push(pointer)
  }
  const refused = changed.length > 0 && config_schema ? broken(config_schema, config, changed) : []
  for (const pointer of refused) restore(config, before, pointer)
  return { config, taken: changed.filter((pointer) => !refused.includes(pointer)), refused }
}

function broken(schema: JsonObject, config: JsonObject, pointers: readonly string[]): string[] {
  const violated = new Set(
    compileSchema(schema)
      .validate(config)
      .map(({ pointer }) => pointer),
  )
  return pointers.filter((pointer) => violated.has(pointer))
}

function restore(config: JsonObject, before: JsonObject, pointer: string): void {
  const value = readPointer(before, pointer)
  if (value !== undefined) {
    writePointer(config, pointer, value)
    return
  }
  const cut = pointer.lastIndexOf('/')
  const parent = cut === 0 ? config : readPointer(config, pointer.slice(0, cut))
  const key = pointer
    .slice(cut + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~')
  if (isJsonObject(parent)) delete parent[key]
}

function hasParent(config: JsonObject, pointer: string): boolean {
  const cut = pointer.lastIndexOf('/')
  return cut === 0 || isJsonObject(readPointer(config, pointer.slice(0, cut)))
}

/** A rotated token is a text, an expiry perhaps a number; nothing else is taken. */
function isLeaf(value: JsonValue | undefined): value is string | number {
  return (typeof value === 'string' && value !== '') || typeof value === 'number'
}

function leaves(value: JsonValue, pointer = ''): [string, JsonValue][] {
  if (typeof value !== 'object' || value === null) return [[pointer, value]]
  return Object.entries(value).flatMap(([key, item]) =>
    leaves(item ?? null, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  )
}
