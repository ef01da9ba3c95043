// DevLake's plugin methods in Flow's words.
import type { ConnectorSpec, JsonObject } from '@sluice/connector-specs'
import { ConnectorError } from '../connector-error.ts'
import type { Launch } from '../launch.ts'
import { escapeControls, shorten } from '../printable.ts'
import type { DiscoveredBinding } from '../protocol/discovered-binding.ts'
import type { ValidateRequest } from '../protocol/requests.ts'
import { createRedactor } from '../redactor.ts'
import { askPlugin, askPluginForAll } from './call-plugin.ts'
import { connectionTest, pipeline, pluginInfo, remoteScope } from './plugin-info.ts'
import { bindingOfScope, RESOURCE_PATH_POINTERS, readScope, resourceConfigSchema, type Scope } from './resource.ts'

/** The version of Flow's capture protocol whose words these are. */
const FLOW_PROTOCOL = 3032023
/** Of groups within groups; a plugin that names a group its own child would go round for ever. */
const MAXIMUM_GROUPS = 1_000

export async function spec(launch: Launch): Promise<ConnectorSpec> {
  const info = await askPlugin(launch, { method: 'plugin-info', arguments: [] }, pluginInfo)
  return {
    protocol: FLOW_PROTOCOL,
    config_schema: { title: info.description || info.name, ...info.connection_model_info.json_schema },
    resource_config_schema: resourceConfigSchema(
      info.scope_model_info.json_schema,
      info.scope_config_model_info?.json_schema,
    ),
    documentation_url: null,
    resource_path_pointers: RESOURCE_PATH_POINTERS,
    oauth2: null,
  }
}

/** A rejected credential is no error to a plugin: it exits with 0 and says so. */
export async function check(launch: Launch, config: JsonObject): Promise<void> {
  const call = { method: 'test-connection', arguments: [connectionOf(config)] }
  const { success, message, status } = await askPlugin(launch, call, connectionTest)
  if (success) return
  const { redact } = createRedactor(launch.secrets)
  const said = shorten(escapeControls(redact(message || `status ${status ?? 'unknown'}`)), 500)
  throw new ConnectorError('refused', `The connector ${launch.name ?? ''} refuses this config: ${said}`)
}

/** Goes through the groups; every scope is a binding. */
export async function discover(launch: Launch, config: JsonObject): Promise<DiscoveredBinding[]> {
  const found: DiscoveredBinding[] = []
  const seen = new Set<string>()
  const open = ['']
  for (let group = open.shift(); group !== undefined; group = open.shift()) {
    const call = { method: 'remote-scopes', arguments: [connectionOf(config), group] }
    for (const { id, name, type, data } of await askPluginForAll(launch, call, remoteScope)) {
      if (type === 'scope') found.push(bindingOfScope(id, name ?? null, data ?? { id, ...(name && { name }) }))
      else if (!seen.has(id) && seen.size < MAXIMUM_GROUPS) {
        seen.add(id)
        open.push(id)
      }
    }
  }
  return found
}

export async function validate(launch: Launch, request: ValidateRequest): Promise<{ resource_path: string[] }[]> {
  const scopes = request.bindings.map((binding) => readScope(request.name, binding))
  await check(launch, request.config)
  await planOf(launch, request.config, scopes)
  return scopes.map(({ scope_id }) => ({ resource_path: [scope_id] }))
}

export interface PlannedSubtask {
  method: string
  stream: string
}

/** The subtasks that the plugin plans for the scopes, in its own order; none when it plans none. */
export async function planOf(launch: Launch, config: JsonObject, scopes: readonly Scope[]): Promise<PlannedSubtask[]> {
  const info = await askPlugin(launch, { method: 'plugin-info', arguments: [] }, pluginInfo)
  const pairs = scopes.map(({ scope, scope_config }) => [scope, scope_config])
  const { plan } = await askPlugin(
    launch,
    { method: 'make-pipeline', arguments: [pairs, connectionOf(config)] },
    pipeline,
  )
  // A plan may have stages of other plugins, such as gitextractor, which are not this connector's to run.
  const wanted = new Set(
    plan.flat().flatMap(({ plugin, subtasks }) => (!plugin || plugin === info.name ? (subtasks ?? []) : [])),
  )
  return info.subtask_metas
    .filter(({ name }) => wanted.has(name))
    .map(({ entry_point_name, arguments: [stream = ''] }) => ({ method: entry_point_name, stream }))
}

/** A connection has an id at the host; domain ids are made of it. */
export function connectionOf(config: JsonObject): JsonObject {
  return { id: 1, name: 'sluice', ...config }
}
