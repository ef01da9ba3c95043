import type { ConnectorSpec, JsonObject } from '@sluice/connector-specs'
import { ConnectorError } from '../connector-error.ts'
import type { Launch } from '../launch.ts'
import type { DiscoveredBinding } from '../protocol/discovered-binding.ts'
import { inferSchema } from '../protocol/infer-schema.ts'
import type { ValidateRequest } from '../protocol/requests.ts'
import { variablesOf } from './variables.ts'

/** The version of Flow's capture protocol whose words these are. */
const FLOW_PROTOCOL = 3032023

/** Such a program says nothing of itself: its schema is declared beside its command, or inferred from a sample. */
export async function spec(launch: Launch): Promise<ConnectorSpec> {
  const { variables_schema, sample_config } = launch
  const config_schema = variables_schema ?? (sample_config && inferSchema(launch.name ?? 'Connector', sample_config))
  if (!config_schema) {
    const what = `Nothing says which variables ${launch.name ?? 'the connector'} takes.`
    throw new ConnectorError('protocol', `${what} Declare them by configSchema, or give a sampleConfig.`)
  }
  return {
    protocol: FLOW_PROTOCOL,
    config_schema,
    resource_config_schema: { type: 'object', properties: {} },
    documentation_url: null,
    resource_path_pointers: [],
    oauth2: null,
  }
}

/** The program as a whole is the one resource: it pushes its data elsewhere by itself. */
export async function discover(launch: Launch, config: JsonObject): Promise<DiscoveredBinding[]> {
  variablesOf(launch.name ?? 'the connector', config)
  return [
    {
      recommended_name: 'run',
      resource_config: {},
      document_schema: { type: 'object' },
      key: [],
      disable: false,
      resource_path: ['run'],
    },
  ]
}

/** There is nothing to ask such a program before it runs; the config is looked at alone. */
export async function validate(launch: Launch, request: ValidateRequest): Promise<{ resource_path: string[] }[]> {
  variablesOf(launch.name ?? 'the connector', request.config)
  return request.bindings.map(() => ({ resource_path: ['run'] }))
}
