// Where JSON Schema (drafts 7 and 2020-12) holds schemas inside schemas. A property called `items` is not the keyword
// `items`, so whoever walks a schema must know these positions.
import type { JsonObject, JsonValue } from '@sluice/oauth'
import { isJsonObject } from './json-object.ts'

const IN_PLACE_LISTS = ['allOf', 'anyOf', 'oneOf']
const IN_PLACE = ['if', 'then', 'else', 'not']
const IN_PLACE_MAPS = ['dependentSchemas', 'dependencies']
const DEEPER = [
  'items',
  'additionalItems',
  'contains',
  'additionalProperties',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
  'contentSchema',
]
const DEEPER_MAPS = ['properties', 'patternProperties']
const DEFINITION_MAPS = ['definitions', '$defs']

export interface Subschema {
  schema: JsonObject
  /** True when it applies to the same value as its parent (`allOf`, `if`, `$ref` …), not to a part of it. */
  in_place: boolean
}

/** The schemas directly inside `schema`, without those that it only defines or refers to. */
export function* subschemas(schema: JsonObject): Generator<Subschema> {
  for (const keyword of IN_PLACE_LISTS) yield* each(schema[keyword], true)
  for (const keyword of IN_PLACE) yield* one(schema[keyword], true)
  for (const keyword of IN_PLACE_MAPS) yield* values(schema[keyword], true)
  for (const keyword of DEEPER) yield* one(schema[keyword], false)
  for (const keyword of DEEPER_MAPS) yield* values(schema[keyword], false)
  yield* each(schema.items, false)
  yield* each(schema.prefixItems, false)
}

/** The schemas that `schema` defines for others to refer to. */
export function* definitions(schema: JsonObject): Generator<JsonObject> {
  for (const keyword of DEFINITION_MAPS) for (const { schema: defined } of values(schema[keyword], false)) yield defined
}

/**
 * The schema that a local `$ref` (`#` or `#/…`) names, or null when it names none.
 */
export function resolveLocalRef(root: JsonObject, ref: string): JsonObject | null {
  if (ref === '#') return root
  if (!ref.startsWith('#/')) return null
  let node: JsonValue | undefined = root
  for (const token of ref.slice(2).split('/')) {
    const key = decode(token)
    if (key === null) return null
    if (Array.isArray(node)) node = node[Number(key)]
    else if (isJsonObject(node) && Object.hasOwn(node, key)) node = node[key]
    else return null
  }
  return isJsonObject(node) ? node : null
}

function decode(token: string): string | null {
  try {
    return decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return null
  }
}

function* one(value: JsonValue | undefined, in_place: boolean): Generator<Subschema> {
  if (isJsonObject(value)) yield { schema: value, in_place }
}

function* each(value: JsonValue | undefined, in_place: boolean): Generator<Subschema> {
  if (Array.isArray(value)) for (const item of value) yield* one(item, in_place)
}

function* values(value: JsonValue | undefined, in_place: boolean): Generator<Subschema> {
  if (isJsonObject(value)) for (const item of Object.values(value)) yield* one(item, in_place)
}
