import { OAuthError } from '../errors.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { readJsonPointer } from '../json-pointer.ts'
import type { AirbytePaths } from './airbyte-oauth.ts'

/**
 * Reads from the connector's config what the flow needs before it starts (`subdomain`, …), by the spec's names. For
 * provider declarations, and to ask the person for what is missing; a declarative plan reads the config by itself.
 *
 * @throws OAuthError `refused_value` naming the config field that is required and missing.
 */
export function readOAuthUserInput({ user_input }: AirbytePaths, config: JsonObject): JsonObject {
  const values = user_input.map(({ name, path, required }): [string, JsonValue | undefined] => {
    const value = readJsonPointer(config, path)
    if (required && (value === undefined || value === null || value === '')) {
      const field = ['config', ...path].join('.')
      throw new OAuthError('refused_value', `${field} is needed before the sign-in. Fill it in and try again.`, {
        field,
      })
    }
    return [name, value]
  })
  return Object.fromEntries(values.filter((entry): entry is [string, JsonValue] => entry[1] !== undefined))
}
