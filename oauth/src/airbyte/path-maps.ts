import type { JsonValue } from '../json.ts'
import type { AirbytePaths, ConfigPath, OutputPath } from './airbyte-oauth.ts'
import type { AdvancedAuth, ConnectorInput } from './connector-specification.ts'

interface Schema<T> {
  properties: Record<string, T>
  required: string[]
}

type Configured = { path_in_connector_config: string[] }

/** The path maps of `advanced_auth`. */
export function readPathMaps(auth: AdvancedAuth, input: ConnectorInput | null): AirbytePaths {
  const spec = auth.oauth_config_specification
  const { predicate_key, predicate_value } = auth
  return {
    auth_flow_type: auth.auth_flow_type,
    user_input: configPaths(spec.oauth_user_input_from_connector_config_specification),
    output: outputPaths(spec.complete_oauth_output_specification),
    server_input: Object.keys(spec.complete_oauth_server_input_specification.properties),
    server_output: configPaths(spec.complete_oauth_server_output_specification),
    // Airbyte's own specs leave predicate_value out where the field's presence alone says OAuth.
    predicate:
      predicate_key && predicate_value !== undefined && predicate_value !== null
        ? { path: predicate_key, value: predicate_value as JsonValue }
        : null,
    client_id_key: input?.client_id_key ?? 'client_id',
    client_secret_key: input?.client_secret_key ?? 'client_secret',
    warnings: [],
  }
}

function configPaths({ properties, required }: Schema<Configured>): ConfigPath[] {
  return Object.entries(properties).map(([name, { path_in_connector_config: path }]) => ({
    name,
    path,
    required: required.includes(name),
  }))
}

function outputPaths(
  schema: Schema<Configured & { type?: string | string[] | null; path_in_oauth_response?: string[] | null }>,
): OutputPath[] {
  return configPaths(schema).map((output) => {
    const { type, path_in_oauth_response } = schema.properties[output.name] ?? {}
    return { ...output, path_in_oauth_response: path_in_oauth_response ?? null, types: [type ?? []].flat() }
  })
}
