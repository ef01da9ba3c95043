// How two documents of one key become one: the `reduce` annotations of a collection's schema, place by place.
import { compileSchema, isJsonObject, type JsonObject, type JsonValue, SpecError } from '@sluice/connector-specs'
import { ConnectorError } from '../../connector-error.ts'
import { objectsOf, resolveReference } from '../materialize/schema-places.ts'

const STRATEGIES = ['append', 'firstWriteWins', 'lastWriteWins', 'maximize', 'merge', 'minimize', 'set', 'sum'] as const

export interface Strategy {
  name: (typeof STRATEGIES)[number]
  /** JSON pointers by which items, or minimum and maximum, are ordered. */
  key: readonly string[]
  /** Whether what is reduced so says that the place is to be deleted. */
  deletes: boolean
}

/** The annotations of one place. */
export interface ReductionPlan {
  /** Those that hold for a value: `if`, `anyOf` and `oneOf` depend on it. */
  resolve(value: JsonValue): ReductionPlan
  strategy: Strategy
  property(name: string): ReductionPlan
  item(index: number): ReductionPlan
}

const LAST_WRITE_WINS: Strategy = { name: 'lastWriteWins', key: [], deletes: false }

/** @throws ConnectorError `unsuitable` naming the place of an annotation that is not understood */
export function reductionPlan(collection: string, schema: JsonObject): ReductionPlan {
  const refuse = (what: string): never => {
    throw new ConnectorError('unsuitable', `The schema of the collection ${collection} ${what}`)
  }
  checkAnnotations(schema, '', refuse)
  return planOf([schema], { root: schema, refuse, settled: new Set() })
}

interface Planning {
  root: JsonObject
  refuse(what: string): never
  /** Schemas whose conditions have been decided. */
  settled: ReadonlySet<JsonObject>
}

/** What holds where a value satisfies `test`, and where it does not. */
interface Condition {
  test: JsonObject
  met: JsonObject[]
  unmet: JsonObject[]
}

function planOf(given: readonly JsonObject[], planning: Planning): ReductionPlan {
  const schemas = together(given, planning.root)
  const conditions = schemas.filter((schema) => !planning.settled.has(schema)).flatMap(conditionsOf)
  const annotated = schemas.find(({ reduce }) => isJsonObject(reduce))?.reduce
  const decided = new Map<string, ReductionPlan>()
  const named = new Map<string, ReductionPlan>()
  const nameless = new Map<string, ReductionPlan>()
  const part = (cache: Map<string, ReductionPlan>, id: string, parts: () => JsonObject[]) => {
    const known = cache.get(id) ?? planOf(parts(), { ...planning, settled: new Set() })
    cache.set(id, known)
    return known
  }
  const plan: ReductionPlan = {
    strategy: isJsonObject(annotated) ? readStrategy(annotated) : LAST_WRITE_WINS,
    property(name) {
      const isNamed = schemas.some(({ properties }) => isJsonObject(properties) && Object.hasOwn(properties, name))
      return part(named, isNamed ? `/${name}` : '', () => schemas.flatMap((schema) => propertyOf(schema, name)))
    },
    item(index) {
      const isNamed = schemas.some((schema) => tupleOf(schema).length > index)
      return part(nameless, isNamed ? String(index) : '', () => schemas.flatMap((schema) => itemOf(schema, index)))
    },
    resolve(value) {
      if (conditions.length === 0) return plan
      const holds = conditions.map(({ test }) => isValid(test, value, planning))
      const id = holds.map(Number).join('')
      const known = decided.get(id)
      if (known) return known
      const more = conditions.flatMap(({ met, unmet }, index) => (holds[index] ? met : unmet))
      const settled = new Set([...planning.settled, ...schemas])
      const resolved = planOf([...schemas, ...more], { ...planning, settled }).resolve(value)
      decided.set(id, resolved)
      return resolved
    },
  }
  return plan
}

/** The schemas that hold whatever the value, each once. */
function together(given: readonly JsonObject[], root: JsonObject): JsonObject[] {
  const all = new Set<JsonObject>()
  const take = (schema: JsonObject) => {
    if (all.has(schema)) return
    all.add(schema)
    const referred = typeof schema.$ref === 'string' ? resolveReference(schema.$ref, root) : null
    if (referred) take(referred)
    for (const part of objectsOf(schema.allOf)) take(part)
  }
  for (const schema of given) take(schema)
  return [...all]
}

/** Only those on which an annotation depends. */
function conditionsOf(schema: JsonObject): Condition[] {
  const arms = [...objectsOf(schema.anyOf), ...objectsOf(schema.oneOf)]
  const conditions: Condition[] = arms.map((arm) => ({ test: arm, met: [arm], unmet: [] }))
  if (isJsonObject(schema.if)) {
    const arm = (value: JsonValue | undefined) => (isJsonObject(value) ? [value] : [])
    conditions.push({ test: schema.if, met: [schema.if, ...arm(schema.then)], unmet: arm(schema.else) })
  }
  return conditions.filter(({ met, unmet }) => /"(reduce|\$ref)":/.test(JSON.stringify([met, unmet])))
}

const whole = new WeakMap<JsonObject, JsonObject>()

function isValid(test: JsonObject, value: JsonValue, { root, refuse }: Planning): boolean {
  const { $defs, definitions } = root
  const schema = whole.get(test) ?? { ...test, ...($defs && { $defs }), ...(definitions && { definitions }) }
  whole.set(test, schema)
  try {
    return compileSchema(schema).validate(value).length === 0
  } catch (error) {
    if (!(error instanceof SpecError)) throw error
    return refuse(`has a condition on which reductions depend, and which cannot be decided: ${error.message}`)
  }
}

function propertyOf({ properties, additionalProperties }: JsonObject, name: string): JsonObject[] {
  const own = isJsonObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
  const found = own ?? additionalProperties
  return isJsonObject(found) ? [found] : []
}

function itemOf(schema: JsonObject, index: number): JsonObject[] {
  const { items, additionalItems } = schema
  const rest = Array.isArray(items) ? additionalItems : items
  const found = tupleOf(schema)[index] ?? rest
  return isJsonObject(found) ? [found] : []
}

function tupleOf({ prefixItems, items }: JsonObject): JsonValue[] {
  if (Array.isArray(prefixItems)) return prefixItems
  return Array.isArray(items) ? items : []
}

function readStrategy({ strategy, key, delete: deletes }: JsonObject): Strategy {
  const name = STRATEGIES.find((known) => known === strategy) ?? 'lastWriteWins'
  return { name, key: Array.isArray(key) ? key.map(String) : [], deletes: deletes === true }
}

/** Goes through the whole schema, so that what is not understood is told before a document comes. */
function checkAnnotations(value: JsonValue, pointer: string, refuse: (what: string) => never): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkAnnotations(item, `${pointer}/${index}`, refuse)
    return
  }
  if (!isJsonObject(value)) return
  const { reduce, patternProperties } = value
  const place = pointer === '' ? 'at its root' : `at ${pointer}`
  if (isJsonObject(reduce) && typeof reduce.strategy === 'string') {
    const isKnown = STRATEGIES.some((known) => known === reduce.strategy)
    if (!isKnown) {
      const known = STRATEGIES.join(', ')
      refuse(`reduces ${place} by ${JSON.stringify(reduce.strategy)}, which is not offered. There are ${known}.`)
    }
  }
  if (isJsonObject(patternProperties) && JSON.stringify(patternProperties).includes('"reduce":')) {
    refuse(`reduces ${place} within \`patternProperties\`, which is not offered. Name the properties instead.`)
  }
  for (const [name, item] of Object.entries(value)) {
    if (name !== 'reduce') checkAnnotations(item ?? null, `${pointer}/${name}`, refuse)
  }
}
