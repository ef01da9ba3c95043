import type { JsonObject, JsonValue } from '@sluice/oauth'
import type { ErrorObject } from 'ajv'
import { arms, constantOf, discriminatorOf } from './discriminator.ts'
import { isJsonObject } from './json-object.ts'
import { escapeToken } from './json-pointer.ts'

/** One broken rule of a config. Never holds a value of the config, which may be a secret. */
export interface ConfigViolation {
  /** JSON pointer of the field, `''` for the whole config. */
  pointer: string
  /** The JSON Schema keyword (`pattern`, `required` …), or `size`. */
  rule: string
  /** Reads on from the field's name: `must match …`. */
  message: string
}

const MOST = 50
const LISTED = 12

/**
 * Turns ajv's errors (`allErrors`, `verbose`) into what a person can act on: of a failed `oneOf` or `anyOf` only the
 * arm that the config chose speaks.
 */
export function readViolations(errors: readonly ErrorObject[], root: JsonObject): ConfigViolation[] {
  const muted = new Set<ErrorObject>()
  // ajv reports the arms before the choice and inner choices before outer ones, so the outermost is taken first.
  for (const choice of errors.filter(isChoice).reverse()) if (!muted.has(choice)) muteArms(choice, errors, muted, root)
  const seen = new Set<string>()
  const violations: ConfigViolation[] = []
  for (const error of errors) {
    if (muted.has(error) || error.keyword === 'if') continue
    const violation = readViolation(error, root)
    const key = `${violation.pointer} ${violation.message}`
    if (seen.has(key)) continue
    seen.add(key)
    violations.push(violation)
  }
  return violations.slice(0, MOST)
}

function isChoice(error: ErrorObject): boolean {
  return (error.keyword === 'oneOf' || error.keyword === 'anyOf') && Array.isArray(error.schema)
}

function muteArms(
  choice: ErrorObject,
  errors: readonly ErrorObject[],
  muted: Set<ErrorObject>,
  root: JsonObject,
): void {
  const written = schemaValues(choice)
  const prefixes = written.map((arm, index) =>
    isJsonObject(arm) && typeof arm.$ref === 'string' ? `${arm.$ref}/` : `${choice.schemaPath}/${index}/`,
  )
  const chosen = chosenArm(arms(root, written), choice)
  const chosenPrefix = chosen === null ? null : prefixes[chosen]
  let armSpeaks = false
  for (const error of errors) {
    if (error === choice || !`${error.instancePath}/`.startsWith(`${choice.instancePath}/`)) continue
    const prefix = prefixes.find((candidate) => `${error.schemaPath}/`.startsWith(candidate))
    if (prefix === undefined) continue
    if (prefix === chosenPrefix) armSpeaks = true
    else muted.add(error)
  }
  if (armSpeaks) muted.add(choice)
}

/** The arm meant: the one whose constant the config carries, or the only one that is not `null`. */
function chosenArm(choices: readonly JsonObject[], choice: ErrorObject): number | null {
  const config: unknown = choice.data
  const tag = discriminatorOf(choices, choice.parentSchema)
  if (tag !== null && isJsonObject(config)) {
    const index = choices.findIndex((arm) => constantOf(arm, tag) !== undefined && constantOf(arm, tag) === config[tag])
    return index === -1 ? null : index
  }
  const real = choices.flatMap((arm, index) => (arm.type === 'null' ? [] : [index]))
  return real.length === 1 ? (real[0] ?? null) : null
}

function readViolation(error: ErrorObject, root: JsonObject): ConfigViolation {
  const at = (message: string, property?: unknown): ConfigViolation => ({
    pointer: property === undefined ? error.instancePath : `${error.instancePath}/${escapeToken(String(property))}`,
    rule: error.keyword,
    message,
  })
  switch (error.keyword) {
    case 'required':
      return at('is required', error.params.missingProperty)
    case 'additionalProperties':
      return at('is not a known field', error.params.additionalProperty)
    case 'unevaluatedProperties':
      return at('is not a known field', error.params.unevaluatedProperty)
    case 'const':
      return at(`must be ${JSON.stringify(error.schema)}`)
    case 'enum':
      return at(`must be one of ${list(schemaValues(error))}`)
    case 'oneOf':
    case 'anyOf':
      return at(describeChoice(error, root))
    case 'format':
      return at(`must be a valid ${error.params.format}`)
    case 'pattern':
      return at(`must match the pattern ${shorten(String(error.schema))}`)
    default:
      return at(shorten(error.message ?? `breaks the rule ${error.keyword}`))
  }
}

function describeChoice(error: ErrorObject, root: JsonObject): string {
  const choices = arms(root, schemaValues(error))
  const constants = choices.map((arm) => arm.const)
  if (constants.every((constant) => constant !== undefined)) return `must be one of ${list(constants)}`
  const tag = discriminatorOf(choices, error.parentSchema)
  if (tag !== null) return `must have ${tag} set to one of ${list(choices.map((arm) => constantOf(arm, tag)))}`
  return 'must fit exactly one of the alternatives'
}

/** The keyword's list in the schema; a cast holds because ajv hands back the JSON that it compiled. */
function schemaValues(error: ErrorObject): JsonValue[] {
  return Array.isArray(error.schema) ? (error.schema as JsonValue[]) : []
}

function list(values: readonly (JsonValue | undefined)[]): string {
  const shown = values.slice(0, LISTED).map((value) => shorten(JSON.stringify(value) ?? ''))
  return values.length > LISTED ? `${shown.join(', ')} …` : shown.join(', ')
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
