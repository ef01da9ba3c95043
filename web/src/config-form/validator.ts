import { Validator } from '@cfworker/json-schema'
import { ErrorSchemaBuilder, type RJSFSchema, type ValidatorType } from '@rjsf/utils'
import type { Violation } from '@sluice/client'
import { browserSchema } from './browser-schema.ts'
import { violationSentence } from './explain-violation.ts'
import { type JsonObject, pointerPath } from './json.ts'
import { findViolations } from './violations.ts'

/**
 * The form's validator over @cfworker/json-schema, which interprets schemas: ajv compiles them by `new Function`, which a
 * Content-Security-Policy without `unsafe-eval` forbids.
 */
export const validator: ValidatorType = {
  validateFormData(config, schema) {
    const violations = findViolations(schemaObject(schema), config)
    return {
      errors: violations.map(({ pointer, rule, message }) => ({
        name: rule,
        property: pointer,
        message: violationSentence(message),
        stack: `${pointer} ${message}`,
      })),
      errorSchema: errorSchemaOf(violations),
    }
  },

  isValid(schema, value, root) {
    const standing = value ?? (schema.properties || schema.required ? {} : undefined)
    if (standing === undefined) return false
    const whole = schemaObject({ ...schema, $defs: root.$defs, definitions: root.definitions })
    try {
      return new Validator(browserSchema(whole) as object).validate(JSON.parse(JSON.stringify(standing))).valid
    } catch {
      // A schema with a $ref that leads nowhere fits nothing.
      return false
    }
  },

  rawValidation<Result>(schema: RJSFSchema, config?: unknown) {
    // The interface leaves the shape of a result to the validator.
    return { errors: findViolations(schemaObject(schema), config) as Result[] }
  },
}

/** Violations as the tree that the form hands down to its fields. */
export function errorSchemaOf(violations: readonly Violation[]) {
  const builder = new ErrorSchemaBuilder()
  for (const { pointer, message } of violations) builder.addErrors(violationSentence(message), pointerPath(pointer))
  return builder.ErrorSchema
}

/** JSON Schema types say `unknown` in places where a schema that came as JSON holds JSON. */
function schemaObject(schema: RJSFSchema): JsonObject {
  return schema as JsonObject
}
