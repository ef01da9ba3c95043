import {
  applyOverlay,
  type ConnectorSpec,
  type ConnectorTask,
  findOAuthCredentials,
  type JsonObject,
  loadFlowSource,
  type Secret,
  secretValues,
} from '@sluice/connector-specs'
import {
  bindCollections,
  type DiscoveredBinding,
  type Launch,
  offered,
  type Protocol,
  protocolOf,
  type ValidateBinding,
} from '@sluice/launcher'
import { CliError } from '../cli-error.ts'
import { keepRotated } from '../config/keep-rotated.ts'
import type { Terminal } from '../terminal.ts'
import { checkConfig } from './check-config.ts'
import { destinationBindings } from './destination-bindings.ts'
import { type LaunchChoice, launchOf, selectFrom, type TaskChoice } from './open-task.ts'
import { readCredentials, stringsIn } from './read-credentials.ts'

export interface PreparedTask {
  task: ConnectorTask
  protocol: Protocol
  spec: ConnectorSpec
  launch: Launch
  /** As the connector gets it: checked, defaults and credentials filled in. */
  config: JsonObject
  /** What a destination is fed from; null for a source, whose bindings are discovered. */
  fed: ValidateBinding[] | null
}

export type PrepareOptions = TaskChoice & LaunchChoice & { credentials?: string | undefined }

/** Reads a task's files, asks the connector for its spec and makes the config of it. */
export async function prepareTask(options: PrepareOptions, terminal: Terminal): Promise<PreparedTask> {
  const source = await loadFlowSource(options.source)
  const task = await selectFrom(source, options, terminal, { with_config: true })
  const protocol = protocolOf(task.protocol)
  const credentials = options.credentials === undefined ? null : await readCredentials(options.credentials, terminal)
  const injected = credentials === null ? [] : stringsIn(credentials.reveal())
  const spec = await protocol.spec(launchOf(task, terminal, injected, options))
  const stored =
    task.config_overlay === null ? task.config : applyOverlay(spec.config_schema, task.config, task.config_overlay)
  const config = fill(spec, stored, credentials)
  const secrets = [...injected, ...secretValues(spec.config_schema, config)]
  const launch = launchOf(task, terminal, secrets, options)
  const fed = task.destination ? destinationBindings(source, task, protocol) : null
  const prepared: PreparedTask = { task, protocol, spec, launch, config, fed }
  const origin = {
    credentials: options.credentials ?? null,
    property: credentialsProperty(spec),
    config: task.config_path,
    has_secrets: typeof options.secrets === 'string',
    schema: spec.config_schema,
  }
  const keep = keepRotated(origin, config, terminal)
  const onConfigUpdate = (rotated: Secret<JsonObject>) => {
    prepared.config = rotated.reveal()
    keep(rotated)
  }
  prepared.launch = { ...prepared.launch, config_schema: spec.config_schema, onConfigUpdate }
  return prepared
}

/** The bindings to try: a destination's own, or those of what the source discovers. */
export async function bindingsToTry(prepared: PreparedTask): Promise<ValidateBinding[]> {
  const { fed, protocol, launch, config } = prepared
  return fed ?? collectionsOf(prepared, await offered(protocol, 'discover')(launch, config))
}

/** The collections that the task's bindings name, or all that were discovered when it has none. */
export function collectionsOf({ task, spec }: PreparedTask, found: readonly DiscoveredBinding[]): ValidateBinding[] {
  const bindings = bindCollections(found, {
    wanted: task.bindings,
    resource_path_pointers: spec.resource_path_pointers,
    prefix: task.name,
  })
  if (bindings.length > 0) return bindings
  throw new CliError('source', `${task.name} has no enabled binding.`, {
    next_action: 'Enable a binding in the flow.yaml; `raw discover` lists what there is.',
  })
}

function fill(spec: ConnectorSpec, config: JsonObject, credentials: Secret<JsonObject> | null): JsonObject {
  const property = credentialsProperty(spec)
  return credentials === null
    ? checkConfig(spec.config_schema, config, { without_credentials: property })
    : checkConfig(spec.config_schema, { ...config, [property]: credentials.reveal() }, { without_credentials: null })
}

function credentialsProperty({ config_schema, oauth2 }: ConnectorSpec): string {
  const provider = typeof oauth2?.provider === 'string' ? oauth2.provider : ''
  return findOAuthCredentials(config_schema, provider)?.property ?? 'credentials'
}
