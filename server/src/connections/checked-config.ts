import { compileSchema, findOAuthCredentials, isJsonObject, personSchema } from '@sluice/connector-specs'
import type { JsonObject } from '@sluice/oauth'
import type { DescribedConnector } from '../connectors/connector-catalogue.ts'
import { Problem } from '../http/problem.ts'

/**
 * A whole config with its credentials in it, with defaults filled in. OAuth credentials do not belong there: nobody would
 * refresh them.
 *
 * @param below where in the body the fault is told, when the credentials came from elsewhere than the config
 * @throws Problem 422 naming each field and the rule that it breaks
 */
export function checkedConfig(connector: DescribedConnector, config: JsonObject, below?: string): JsonObject {
  const { oauth, spec } = connector
  if (oauth !== null && below === undefined && holdsOAuthCredentials(connector, config)) {
    throw new Problem(422, 'oauth_credentials_in_config', 'Give OAuth tokens as `grant`, so that they are refreshed.')
  }
  return validated(spec.config_schema, config, below)
}

/** A config whose OAuth credentials stand in a grant. @throws Problem 422 naming each field and the rule that it breaks */
export function checkedOpenConfig(connector: DescribedConnector, config: JsonObject): JsonObject {
  const provider = connector.oauth?.provider ?? ''
  const property = findOAuthCredentials(connector.spec.config_schema, provider)?.property
  if (property !== undefined && config[property] !== undefined) {
    throw new Problem(422, 'credentials_in_config', 'The credentials of this connection are its grant.', {
      errors: [{ pointer: `/config/${property}`, rule: 'not_allowed', message: 'Leave it out: the grant fills it.' }],
    })
  }
  return validated(personSchema(connector.spec.config_schema, connector.oauth), config)
}

function holdsOAuthCredentials({ spec, oauth }: DescribedConnector, config: JsonObject): boolean {
  const place = findOAuthCredentials(spec.config_schema, oauth?.provider ?? '')
  const credentials = place && config[place.property]
  if (!isJsonObject(credentials)) return false
  if (place?.discriminator) return credentials[place.discriminator.property] === place.discriminator.value
  return typeof credentials.refresh_token === 'string'
}

function validated(schema: JsonObject, config: JsonObject, below?: string): JsonObject {
  const validator = compileSchema(schema)
  const filled = structuredClone(config)
  const errors = validator
    .validate(filled)
    .map((violation) =>
      below === undefined
        ? { ...violation, pointer: `/config${violation.pointer}` }
        : { ...violation, pointer: below, message: `${violation.pointer} ${violation.message}` },
    )
  const [first] = errors
  if (first === undefined) return validator.withDefaults(filled)
  throw new Problem(422, 'invalid_config', `The config breaks the schema at ${first.pointer}: ${first.message}.`, {
    errors,
  })
}
