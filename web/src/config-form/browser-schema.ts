// A connector's schema is foreign: what the browser cannot check, or cannot check in bounded time, is left out here and
// stays with the server, which checks every rule.
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts'

/** A copy without patterns that are unsafe or foreign to JavaScript, draft-04 booleans, `$id`s and remote `$ref`s. */
export function browserSchema(schema: JsonObject): JsonObject {
  return copy(schema) as JsonObject
}

function copy(value: JsonValue, isMap = false): JsonValue {
  if (Array.isArray(value)) return value.map((item) => copy(item))
  if (!isJsonObject(value)) return value
  const kept: JsonObject = {}
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined || (!isMap && isLeftOut(key, item))) continue
    kept[key] = LITERAL.has(key) && !isMap ? item : copy(item, MAPS.has(key) && !isMap)
  }
  return kept
}

/** Keywords whose keys are names, not keywords. */
const MAPS = new Set(['properties', '$defs', 'definitions', 'dependentSchemas', 'dependencies', 'patternProperties'])
const LITERAL = new Set(['const', 'default', 'enum', 'examples'])

function isLeftOut(key: string, value: JsonValue): boolean {
  if (key === 'pattern') return typeof value !== 'string' || !isSafePattern(value)
  if (key === 'patternProperties') return !isJsonObject(value) || !Object.keys(value).every(isSafePattern)
  if (key === '$ref') return typeof value !== 'string' || !value.startsWith('#')
  if (key === 'exclusiveMinimum' || key === 'exclusiveMaximum') return typeof value !== 'number'
  return key === '$id' || key === 'id' || key === '$schema'
}

/** Compiles, and repeats no group that itself repeats or offers alternatives: those may take exponential time. */
export function isSafePattern(pattern: string): boolean {
  if (pattern.length > 1000 || hasRepeatedChoice(pattern)) return false
  try {
    new RegExp(pattern, 'u')
    return true
  } catch {
    return false
  }
}

function hasRepeatedChoice(pattern: string): boolean {
  const text = pattern.replace(/\\./g, '_').replace(/\[[^\]]*\]/g, '_')
  const groups: boolean[] = []
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? ''
    if (character === '(') groups.push(false)
    else if (character === ')') {
      const risky = groups.pop() ?? false
      const repeated = /^(?:[*+]|\{\d+,)/.test(text.slice(index + 1))
      if (risky && repeated) return true
      if ((risky || repeated) && groups.length > 0) groups[groups.length - 1] = true
    } else if (groups.length > 0 && (/[*+|]/.test(character) || /^\{\d+,/.test(text.slice(index)))) {
      groups[groups.length - 1] = true
    }
  }
  return false
}
