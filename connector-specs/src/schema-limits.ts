// Schemas come from connectors that we do not control, and validation runs on the event loop. What a hostile schema
// could make slow is bounded here before ajv sees it (security.md, line 33).
import type { JsonObject, JsonValue } from '@sluice/oauth'
import { isJsonObject } from './json-object.ts'
import { SpecError } from './spec-error.ts'
import { definitions, resolveLocalRef, subschemas } from './subschemas.ts'

export const SCHEMA_MAX_CHARACTERS = 512 * 1024
export const SCHEMA_MAX_DEPTH = 64
export const CONFIG_MAX_CHARACTERS = 256 * 1024
export const CONFIG_MAX_DEPTH = 32
export const CONFIG_MAX_VALUES = 10_000
/** Visits of a schema node to a value that one validation may need at most, every `$ref` written out. */
export const VALIDATION_BUDGET = 10_000_000

const invalid = (sentence: string) => new SpecError('invalid_schema', sentence)

/**
 * Refuses a schema that is too large or too deep, that refers outside itself, uses `$data`, or names `__proto__`.
 *
 * @throws SpecError `invalid_schema`
 */
export function checkSchemaLimits(schema: JsonObject): void {
  if (exceedsDepth(schema, SCHEMA_MAX_DEPTH))
    throw invalid(`The schema is nested deeper than ${SCHEMA_MAX_DEPTH} levels.`)
  if (JSON.stringify(schema).length > SCHEMA_MAX_CHARACTERS) {
    throw invalid(`The schema is longer than ${SCHEMA_MAX_CHARACTERS} characters.`)
  }
  checkKeys(schema)
  checkReferences(schema, schema)
}

/** What is too large about a config, or null. */
export function configExcess(config: JsonValue): string | null {
  if (exceedsDepth(config, CONFIG_MAX_DEPTH)) return `must not be nested deeper than ${CONFIG_MAX_DEPTH} levels`
  if (JSON.stringify(config).length > CONFIG_MAX_CHARACTERS) {
    return `must not be longer than ${CONFIG_MAX_CHARACTERS} characters`
  }
  if (countValues(config) > CONFIG_MAX_VALUES) return `must not hold more than ${CONFIG_MAX_VALUES} values`
  return null
}

export interface SchemaCost {
  /** Nodes visited for one value, each reference followed until it meets itself. */
  nodes: number
  /** Ways back into a schema that is still being visited; 0 unless the schema is recursive. */
  cycles: number
}

/** How much work one validation by this schema can be; `$ref` chains that double themselves show here. */
export function schemaCost(root: JsonObject): SchemaCost {
  const known = new Map<JsonObject, SchemaCost>()
  const open = new Set<JsonObject>()
  const visit = (schema: JsonObject): SchemaCost => {
    const before = known.get(schema)
    if (before) return before
    if (open.has(schema)) return { nodes: 1, cycles: 1 }
    open.add(schema)
    const cost = { nodes: 1, cycles: 0 }
    const add = (part: SchemaCost) => {
      cost.nodes += part.nodes
      cost.cycles += part.cycles
    }
    for (const inner of subschemas(schema)) add(visit(inner.schema))
    const target = typeof schema.$ref === 'string' ? resolveLocalRef(root, schema.$ref) : null
    if (target) add(visit(target))
    open.delete(schema)
    known.set(schema, cost)
    return cost
  }
  return visit(root)
}

/** Whether a config may be validated within the budget: a recursive schema multiplies by the config's levels. */
export function fitsBudget(cost: SchemaCost, config: JsonValue): boolean {
  return cost.nodes * countValues(config) * Math.max(1, cost.cycles) ** depthOf(config) <= VALIDATION_BUDGET
}

function checkKeys(value: JsonValue): void {
  if (Array.isArray(value)) for (const item of value) checkKeys(item)
  if (!isJsonObject(value)) return
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') throw invalid('The schema names __proto__, which no config field may be called.')
    if (key === '$data') throw invalid('The schema uses $data, which is not supported.')
    if (key === '$dynamicRef' || key === '$recursiveRef') throw invalid(`The schema uses ${key}; write a plain $ref.`)
    checkKeys(item)
  }
}

function checkReferences(root: JsonObject, schema: JsonObject): void {
  const { $ref } = schema
  if (typeof $ref === 'string' && !resolveLocalRef(root, $ref)) {
    const local = $ref.startsWith('#')
    throw invalid(
      local
        ? `The schema refers to ${$ref}, which it does not define.`
        : `The schema refers to ${$ref}. Only references within the schema (#/…) are followed; write the definition into it.`,
    )
  }
  if (schema !== root && ('$id' in schema || 'id' in schema) && typeof (schema.$id ?? schema.id) === 'string') {
    throw invalid('A schema inside the schema has its own $id. Remove it and refer by #/….')
  }
  for (const inner of subschemas(schema)) checkReferences(root, inner.schema)
  for (const defined of definitions(schema)) checkReferences(root, defined)
}

function exceedsDepth(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((item) => exceedsDepth(item ?? null, levels - 1))
}

function depthOf(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Object.values(value).reduce<number>((deepest, item) => Math.max(deepest, depthOf(item ?? null)), 0)
}

function countValues(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 1
  return 1 + Object.values(value).reduce<number>((sum, item) => sum + countValues(item ?? null), 0)
}
