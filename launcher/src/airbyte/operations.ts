// Airbyte's operations in Flow's words (contracts/flow.md §5).
import type { ConnectorSpec, JsonObject } from '@sluice/connector-specs'
import { ConnectorError } from '../connector-error.ts'
import type { Launch } from '../launch.ts'
import type { DiscoveredBinding } from '../protocol/discovered-binding.ts'
import type { ValidateRequest } from '../protocol/requests.ts'
import { askAirbyte } from './ask.ts'
import { bindingOfStream, RESOURCE_CONFIG_SCHEMA, RESOURCE_PATH_POINTERS, readResource } from './resource.ts'

/** The version of Flow's capture protocol whose words these are. */
const FLOW_PROTOCOL = 3032023

export async function spec(launch: Launch): Promise<ConnectorSpec> {
  const { answer } = await askAirbyte(launch, 'spec', null, 'SPEC')
  if (!answer) throw noAnswer(launch, 'spec')
  const { connectionSpecification, documentationUrl } = answer.body
  return {
    protocol: FLOW_PROTOCOL,
    config_schema: connectionSpecification,
    resource_config_schema: RESOURCE_CONFIG_SCHEMA,
    documentation_url: webAddress(documentationUrl ?? null),
    resource_path_pointers: RESOURCE_PATH_POINTERS,
    oauth2: null,
    airbyte: answer.body as JsonObject, // as it came: JSON
  }
}

export async function check(launch: Launch, config: JsonObject): Promise<void> {
  const { succeeded } = await askAirbyte(launch, 'check', config, 'SPEC')
  if (!succeeded) throw noAnswer(launch, 'check')
}

export async function discover(launch: Launch, config: JsonObject): Promise<DiscoveredBinding[]> {
  const { answer } = await askAirbyte(launch, 'discover', config, 'CATALOG')
  if (!answer) throw noAnswer(launch, 'discover')
  return answer.body.streams.map(bindingOfStream)
}

/** Airbyte knows no bindings when it checks: the config is tried, and each resource read. */
export async function validate(
  launch: Launch,
  { config, bindings }: ValidateRequest,
): Promise<{ resource_path: string[] }[]> {
  const resources = bindings.map((binding) => readResource(launch, binding))
  await check(launch, config)
  return resources.map(({ path }) => ({ resource_path: path }))
}

function noAnswer({ name, command }: Launch, operation: string): ConnectorError {
  const who = name ?? command[0] ?? ''
  return new ConnectorError(
    'protocol',
    `The connector ${who} ended without answering ${operation}. Mend the connector.`,
  )
}

function webAddress(text: string | null): string | null {
  const url = text === null ? null : URL.parse(text)
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? text : null
}
