import { type ConnectorSpec, type JsonObject, readFlowSpec, SpecError } from '@sluice/connector-specs'
import { z } from 'zod'
import { ConnectorError } from '../connector-error.ts'
import type { Launch } from '../launch.ts'
import { escapeControls } from '../printable.ts'
import type { DiscoveredBinding } from '../protocol/discovered-binding.ts'
import type { ValidateRequest } from '../protocol/requests.ts'
import { validateMaterialization } from './materialize/validate-materialization.ts'
import { discoverRequest, specRequest, validateRequest } from './requests.ts'
import { discovered, validated } from './responses.ts'
import { askOnce } from './unary.ts'

/** Asks for the connector's spec. Needs no config. */
export async function spec(launch: Launch): Promise<ConnectorSpec> {
  const response = await askOnce(launch, specRequest(), 'spec', z.unknown())
  try {
    return readFlowSpec(response)
  } catch (cause) {
    if (cause instanceof SpecError) throw new ConnectorError('protocol', escapeControls(cause.message), { cause })
    throw cause
  }
}

/** Asks which resources the config gives access to. */
export async function discover(launch: Launch, config: JsonObject): Promise<DiscoveredBinding[]> {
  const { bindings } = await askOnce(launch, discoverRequest(config), 'discovered', discovered)
  return bindings.map((binding) => ({
    recommended_name: binding.recommendedName,
    resource_config: binding.resourceConfig,
    document_schema: binding.documentSchema,
    key: binding.key,
    disable: binding.disable,
    resource_path: binding.resourcePath,
  }))
}

/** Has the connector try config and bindings against the source. Results stand in the order of the bindings. */
export async function validate(launch: Launch, request: ValidateRequest): Promise<{ resource_path: string[] }[]> {
  if (launch.destination) return await validateMaterialization(launch, request)
  const { bindings } = await askOnce(launch, validateRequest(request), 'validated', validated)
  if (bindings.length !== request.bindings.length) {
    const counts = `${bindings.length} bindings where ${request.bindings.length} were asked for`
    throw new ConnectorError('protocol', `The connector validated ${counts}. Mend the connector.`)
  }
  return bindings.map(({ resourcePath }) => ({ resource_path: resourcePath }))
}
