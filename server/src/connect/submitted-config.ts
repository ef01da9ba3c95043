import { compileSchema, personSchema } from '@sluice/connector-specs'
import type { JsonObject } from '@sluice/oauth'
import { keepMasked, requireSameDestinations } from '../connections/masked-secrets.ts'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { Problem } from '../http/problem.ts'

const schemas = new WeakMap<DescribedConnector, JsonObject>()

function schemaFor(connector: DescribedConnector): JsonObject {
  const known = schemas.get(connector)
  if (known !== undefined) return known
  const schema = personSchema(connector.spec.config_schema, connector.oauth)
  schemas.set(connector, schema)
  return schema
}

/**
 * The config that a person sent, with defaults filled in. A secret that comes back masked means the prefilled one.
 *
 * Where the person changes what says where it is sent, they fill it in again: the link is all that they have.
 *
 * @throws Problem 422 naming each field and the rule that it breaks
 */
export function submittedConfig(connector: DescribedConnector, sent: JsonObject, prefilled: JsonObject): JsonObject {
  const schema = schemaFor(connector)
  const { config, kept } = keepMasked(schema, sent, prefilled)
  requireSameDestinations(connector, { standing: prefilled, config, kept, by: 'person' })
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
