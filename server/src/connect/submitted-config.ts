import { compileSchema, MASK, personSchema, readPointer, secretPointers, writePointer } from '@sluice/connector-specs'
import type { JsonObject } from '@sluice/oauth'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { Problem } from '../http/problem.ts'

/**
 * The config that a person sent, with defaults filled in. A secret that comes back masked means the prefilled one.
 *
 * @throws Problem 422 naming each field and the rule that it breaks
 */
export function submittedConfig(connector: DescribedConnector, sent: JsonObject, prefilled: JsonObject): JsonObject {
  const schema = personSchema(connector.spec.config_schema, connector.oauth)
  const config = structuredClone(sent)
  for (const pointer of secretPointers(schema, config)) {
    if (readPointer(config, pointer) === MASK) writePointer(config, pointer, readPointer(prefilled, pointer) ?? null)
  }
  const validator = compileSchema(schema)
  const errors = validator
    .validate(config)
    .map((violation) => ({ ...violation, pointer: `/config${violation.pointer}` }))
  if (errors.length === 0) return validator.withDefaults(config)
  const [first] = errors
  throw new Problem(422, 'invalid_config', `The config breaks the schema at ${first?.pointer}: ${first?.message}.`, {
    errors,
  })
}
