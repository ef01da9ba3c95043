import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import type { AirbytePaths, ConfigPath } from './airbyte-oauth.ts'
import type { AuthSpecification } from './connector-specification.ts'

/** Names of client credentials, which the operator supplies; other inputs of the flow come from the person's config. */
const CLIENT_ID = ['client_id', 'app_id', 'client_key', 'consumer_key']
const CLIENT_SECRET = ['client_secret', 'app_secret', 'secret', 'consumer_secret']

/**
 * The path maps of the oldest generation. `rootObject` points to the object that holds all of the flow's fields; a number
 * in it names an arm of a `oneOf`, whose discriminator (`const`) the config must carry.
 */
export function readAuthSpecification({ oauth2Specification }: AuthSpecification, schema: JsonObject): AirbytePaths {
  const { rootObject, oauthFlowInitParameters, oauthFlowOutputParameters } = oauth2Specification
  const root = rootObject.filter((step) => typeof step === 'string')
  const place = (path: string[]): ConfigPath => ({ name: path.at(-1) ?? '', path: [...root, ...path], required: true })
  const inputs = oauthFlowInitParameters.map(place)
  const server_output = inputs.filter(({ name }) => CLIENT_ID.includes(name) || CLIENT_SECRET.includes(name))
  return {
    auth_flow_type: 'oauth2.0',
    user_input: inputs.filter((input) => !server_output.includes(input)),
    output: oauthFlowOutputParameters.map(place).map((path) => ({ ...path, path_in_oauth_response: null, types: [] })),
    server_input: server_output.map(({ name }) => name),
    server_output,
    predicate: findDiscriminator(rootObject, schema),
    client_id_key: server_output.find(({ name }) => CLIENT_ID.includes(name))?.name ?? 'client_id',
    client_secret_key: server_output.find(({ name }) => CLIENT_SECRET.includes(name))?.name ?? 'client_secret',
    warnings: [],
  }
}

/** Follows `rootObject` through the schema; the last arm that it names carries the discriminator. */
function findDiscriminator(rootObject: (string | number)[], schema: JsonObject): AirbytePaths['predicate'] {
  let at: JsonValue | undefined = schema
  let predicate: AirbytePaths['predicate'] = null
  const path: string[] = []
  for (const step of rootObject) {
    if (typeof step === 'string') {
      at = own(own(at, 'properties'), step)
      path.push(step)
      continue
    }
    const arms: JsonValue | undefined = own(at, 'oneOf')
    at = Array.isArray(arms) ? arms[step] : undefined
    const properties = own(at, 'properties')
    for (const [name, property] of isJsonObject(properties) ? Object.entries(properties) : []) {
      const value = own(property, 'const')
      if (value !== undefined) predicate = { path: [...path, name], value }
    }
  }
  return predicate
}

function own(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}
