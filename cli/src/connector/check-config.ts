import { compileSchema, type JsonObject } from '@sluice/connector-specs'
import { CliError } from '../cli-error.ts'

const AUTHORIZE = 'Authorize with `raw oauth … --show-secrets --json > creds.json` and give --credentials creds.json.'

/**
 * The config with the schema's defaults filled in.
 *
 * @throws CliError `source`, naming each field and the rule that it breaks.
 */
export function checkConfig(
  schema: JsonObject,
  config: JsonObject,
  { without_credentials }: { without_credentials: string | null },
): JsonObject {
  const validator = compileSchema(schema)
  const violations = validator.validate(config)
  if (violations.length === 0) return validator.withDefaults(config)
  const lines = violations.map(({ pointer, message }) => `${pointer || 'the config'} ${message}`)
  const lacksCredentials = violations.some(({ pointer }) => pointer === `/${without_credentials}`)
  const next_action = lacksCredentials ? AUTHORIZE : 'Mend `config` in the flow.yaml, or the file given by --config.'
  throw new CliError('source', `The config breaks the connector’s schema: ${lines.join('; ')}.`, { next_action })
}
