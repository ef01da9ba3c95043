// What a JSON Schema says of the places of a document, as far as it says so without a document.
import { isJsonObject, type JsonObject, type JsonValue, readPointer } from '@sluice/connector-specs'

const ALL_TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'] as const
const MAXIMUM_REFERENCES = 100

/** What is known of one place. */
export interface Place {
  /** In the order of the alphabet; all of them where the schema names none. */
  types: string[]
  properties: ReadonlyMap<string, JsonObject[]>
  /** Names of the properties that every document has. */
  required: ReadonlySet<string>
  /** The first that some schema of the place says. */
  annotation(keyword: string): JsonValue | undefined
}

/** The place that all of these schemas are about; `root` is where their references lead. */
export function placeOf(schemas: readonly JsonObject[], root: JsonObject): Place {
  const { all, choices } = flatten(schemas, root)
  const arms = choices.map((choice) => choice.map((arm) => placeOf([arm], root)))
  const types = [...all.map(typesOf), ...arms.map((choice) => union(choice.map((arm) => arm.types)))]
  const properties = new Map<string, JsonObject[]>()
  const add = (name: string, more: readonly JsonObject[]) =>
    properties.set(name, [...(properties.get(name) ?? []), ...more])
  for (const schema of all) {
    if (!isJsonObject(schema.properties)) continue
    for (const [name, property] of Object.entries(schema.properties))
      add(name, [isJsonObject(property) ? property : {}])
  }
  for (const choice of arms) {
    const names = new Set(choice.flatMap((arm) => [...arm.properties.keys()]))
    for (const name of names) {
      add(name, [{ anyOf: choice.map((arm) => ({ allOf: arm.properties.get(name) ?? [{}] })) }])
    }
  }
  const inEach = arms.flatMap((choice) =>
    [...(choice[0]?.required ?? [])].filter((name) => choice.every((arm) => arm.required.has(name))),
  )
  return {
    types: types.reduce(intersection, [...ALL_TYPES]),
    properties,
    required: new Set([...all.flatMap(requiredOf), ...inEach]),
    annotation: (keyword) => all.find((schema) => schema[keyword] !== undefined)?.[keyword],
  }
}

/** The schemas that hold at once, references followed, and the choices between several. */
export function flatten(
  schemas: readonly JsonObject[],
  root: JsonObject,
): { all: JsonObject[]; choices: JsonObject[][] } {
  const all: JsonObject[] = []
  const choices: JsonObject[][] = []
  const waiting = [...schemas]
  for (let seen = 0; seen < MAXIMUM_REFERENCES; seen += 1) {
    const schema = waiting.shift()
    if (!schema) break
    all.push(schema)
    const referred = typeof schema.$ref === 'string' ? resolveReference(schema.$ref, root) : null
    if (referred) waiting.push(referred)
    waiting.push(...objectsOf(schema.allOf))
    for (const choice of [objectsOf(schema.anyOf), objectsOf(schema.oneOf)]) if (choice.length > 0) choices.push(choice)
  }
  return { all, choices }
}

/** What a reference within the schema, or to what Flow bundles with it, leads to; null where it leads outside, or nowhere. */
export function resolveReference(reference: string, root: JsonObject): JsonObject | null {
  if (reference !== '#' && !reference.startsWith('#/')) {
    const bundled = isJsonObject(root.$defs) ? root.$defs[reference] : undefined
    return isJsonObject(bundled) ? bundled : null
  }
  const found = readPointer(root, decodeURIComponent(reference.slice(1)))
  return isJsonObject(found) ? found : null
}

export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function typesOf({ type, const: constant, enum: values }: JsonObject): string[] {
  if (typeof type === 'string') return widened([type])
  if (Array.isArray(type)) return widened(type.map(String))
  if (constant !== undefined) return [typeName(constant)]
  if (Array.isArray(values)) return [...new Set(values.map(typeName))]
  return [...ALL_TYPES]
}

/** Every integer is a number. */
function widened(types: string[]): string[] {
  return types.includes('number') ? [...types, 'integer'] : types
}

function typeName(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function union(lists: readonly string[][]): string[] {
  return [...new Set(lists.flat())]
}

function intersection(left: string[], right: string[]): string[] {
  return left.filter((type) => right.includes(type)).sort()
}

function requiredOf({ required }: JsonObject): string[] {
  return Array.isArray(required) ? required.map(String) : []
}
