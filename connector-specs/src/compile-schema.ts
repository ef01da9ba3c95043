import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue } from '@sluice/oauth'
import { Ajv, type Options, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { type ConfigViolation, readViolations } from './config-violation.ts'
import { compileSafePattern } from './safe-pattern.ts'
import {
  checkSchemaLimits,
  configExcess,
  fitsBudget,
  type SchemaCost,
  schemaCost,
  VALIDATION_BUDGET,
} from './schema-limits.ts'
import { SpecError } from './spec-error.ts'

/** A connector's config schema, compiled. */
export interface ConfigValidator {
  /** The rules that the config breaks, defaults taken as given; empty when it is valid. The config stays as it is. */
  validate(config: JsonValue): ConfigViolation[]
  /** A copy of the config in which absent fields have the schema's defaults (those inside `oneOf` arms excepted). */
  withDefaults(config: JsonObject): JsonObject
  /** Patterns that RE2 cannot express (lookahead, back-reference). They are not enforced here; the connector may. */
  unenforced_patterns: readonly string[]
}

const CACHE_ENTRIES = 256
const cache = new Map<string, ConfigValidator>()
/** Schemas are not changed once they were read. */
const compiled = new WeakMap<JsonObject, ConfigValidator>()

/**
 * Compiles a JSON Schema (draft-07, or 2020-12 where `$schema` says so) once for each content. Unknown keywords are
 * annotations; formats are checked; patterns run on RE2.
 *
 * @throws SpecError `invalid_schema` when it is not a schema, too large, or refers outside itself.
 */
export function compileSchema(schema: JsonObject): ConfigValidator {
  const seen = compiled.get(schema)
  if (seen !== undefined) return seen
  const validator = compileContent(schema)
  compiled.set(schema, validator)
  return validator
}

function compileContent(schema: JsonObject): ConfigValidator {
  const key = createHash('sha256').update(JSON.stringify(schema)).digest('base64')
  const known = cache.get(key)
  if (known) return known
  const validator = compile(schema)
  const oldest = cache.keys().next().value
  if (cache.size >= CACHE_ENTRIES && oldest !== undefined) cache.delete(oldest)
  cache.set(key, validator)
  return validator
}

function compile(schema: JsonObject): ConfigValidator {
  checkSchemaLimits(schema)
  const cost = schemaCost(schema)
  if (cost.nodes > VALIDATION_BUDGET) {
    throw new SpecError('invalid_schema', 'The schema repeats its references too often to be validated in time.')
  }
  const unenforced = new Set<string>()
  const check = compileWithAjv(schema, (pattern) => unenforced.add(pattern))
  return {
    validate: (config) => violations(check, schema, cost, config),
    withDefaults(config) {
      const copy = structuredClone(config)
      if (fitsBudget(cost, copy) && configExcess(copy) === null) check(copy)
      return copy
    },
    unenforced_patterns: [...unenforced],
  }
}

function violations(
  check: ValidateFunction,
  schema: JsonObject,
  cost: SchemaCost,
  config: JsonValue,
): ConfigViolation[] {
  const excess = configExcess(config)
  if (excess) return [{ pointer: '', rule: 'size', message: excess }]
  if (!fitsBudget(cost, config)) {
    return [{ pointer: '', rule: 'size', message: 'is nested too deep for this recursive schema' }]
  }
  const copy = structuredClone(config)
  return check(copy) ? [] : readViolations(check.errors ?? [], schema)
}

function compileWithAjv(schema: JsonObject, onUnsupported: (pattern: string) => void): ValidateFunction {
  const regExp = Object.assign((pattern: string) => compileSafePattern(pattern, onUnsupported), { code: 'safePattern' })
  const options: Options = {
    allErrors: true,
    verbose: true,
    strict: false,
    useDefaults: true,
    ownProperties: true,
    logger: false,
    code: { regExp },
  }
  const { $schema, $id: _id, id: _draft4Id, ...body } = schema
  const dialect = typeof $schema === 'string' && /\/20(19-09|20-12)\//.test($schema) ? Ajv2020 : Ajv
  try {
    const ajv = new dialect(options)
    // The package is CommonJS: its function is the default export of the default export under Node's loader.
    addFormats.default(ajv)
    return ajv.compile(body)
  } catch (cause) {
    throw new SpecError('invalid_schema', `The schema is not valid JSON Schema: ${reason(cause)}.`, { cause })
  }
}

function reason(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).slice(0, 300)
}
