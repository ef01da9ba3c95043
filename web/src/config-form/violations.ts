import { type OutputUnit, Validator } from '@cfworker/json-schema'
import type { Violation } from '@sluice/client'
import { browserSchema } from './browser-schema.ts'
import { explainViolation } from './explain-violation.ts'
import { isJsonObject, type JsonObject, pointerOf, pointerPath, valueAt } from './json.ts'

/** What the server puts in the place of a secret; sent back, it means the stored one. */
export const MASK = '********'

/** Keywords that only say that something below them failed. */
const SUMMARIES = new Set([
  ...['$ref', '$recursiveRef', 'allOf', 'if', 'properties', 'patternProperties', 'additionalProperties'],
  ...['unevaluatedProperties', 'propertyNames', 'dependentSchemas', 'items', 'prefixItems', 'additionalItems'],
])

/** The rules that a config breaks, each at its field. Of a failed choice only the arm that the config chose speaks. */
export function findViolations(schema: JsonObject, config: unknown): Violation[] {
  const prepared = browserSchema(schema)
  const data: unknown = JSON.parse(JSON.stringify(config ?? {}))
  const errors = validate(prepared, data)
  const muted = mutedByChoices(errors, prepared, data)
  const violations = new Map<string, Violation>()
  for (const error of errors) {
    if (SUMMARIES.has(error.keyword) || muted.has(error)) continue
    const path = [...pointerPath(error.instanceLocation), ...missingProperty(error)]
    if (valueAt(data, path) === MASK) continue
    const rule = schemaAt(prepared, error.keywordLocation)
    const message = explainViolation(error.keyword, rule)
    const violation = { pointer: pointerOf(path), rule: error.keyword, message }
    violations.set(`${violation.pointer} ${message}`, violation)
  }
  return [...violations.values()]
}

function validate(schema: JsonObject, data: unknown): OutputUnit[] {
  try {
    return new Validator(schema as object, '2019-09', false).validate(data).errors
  } catch {
    // A $ref leads nowhere: the server, which checks every config, says so.
    return []
  }
}

/** The validator names the missing property in its sentence only. */
function missingProperty({ keyword, error }: OutputUnit): string[] {
  if (keyword !== 'required' && keyword !== 'dependentRequired') return []
  const name = /"([^"]*)"\.$/.exec(error)?.[1]
  return name === undefined ? [] : [name]
}

function mutedByChoices(errors: OutputUnit[], root: JsonObject, data: unknown): Set<OutputUnit> {
  const muted = new Set<OutputUnit>()
  for (const choice of errors) {
    if (choice.keyword !== 'oneOf' && choice.keyword !== 'anyOf') continue
    const arms = schemaAt(root, choice.keywordLocation)
    const chosen = Array.isArray(arms) ? chosenArm(root, arms, valueAt(data, pointerPath(choice.instanceLocation))) : -1
    const below = errors.filter(
      (error) =>
        error !== choice &&
        error.keywordLocation.startsWith(`${choice.keywordLocation}/`) &&
        error.instanceLocation.startsWith(choice.instanceLocation),
    )
    const speaking = below.filter((error) => error.keywordLocation.startsWith(`${choice.keywordLocation}/${chosen}/`))
    for (const error of below) if (!speaking.includes(error)) muted.add(error)
    if (speaking.length > 0) muted.add(choice)
  }
  return muted
}

/** The arm whose constants the value carries, or the only one that is not `null`; -1 when none is meant. */
function chosenArm(root: JsonObject, arms: readonly unknown[], value: unknown): number {
  const resolved = arms.map((arm) => resolve(root, arm))
  const byConstant = resolved.findIndex((arm) => {
    const properties = isJsonObject(arm) && isJsonObject(arm.properties) ? Object.entries(arm.properties) : []
    const constants = properties.flatMap(([name, property]) =>
      isJsonObject(property) && property.const !== undefined ? [{ name, value: property.const }] : [],
    )
    return constants.length > 0 && constants.every((constant) => valueAt(value, [constant.name]) === constant.value)
  })
  if (byConstant !== -1) return byConstant
  const real = resolved.flatMap((arm, index) => (isJsonObject(arm) && arm.type === 'null' ? [] : [index]))
  return real.length === 1 ? (real[0] ?? -1) : -1
}

/** The schema value that a keyword location names; the location runs through `$ref`s. */
function schemaAt(root: JsonObject, location: string): unknown {
  let found: unknown = root
  for (const key of pointerPath(location)) {
    found = key === '$ref' ? resolve(root, found) : valueAt(found, [key])
  }
  return found
}

function resolve(root: JsonObject, schema: unknown): unknown {
  let found = schema
  for (let depth = 0; depth < 20 && isJsonObject(found) && typeof found.$ref === 'string'; depth++) {
    found = valueAt(root, pointerPath(found.$ref))
  }
  return found
}
