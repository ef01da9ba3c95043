import {
  applyOverlay,
  type ConnectorSpec,
  type ConnectorTask,
  findOAuthCredentials,
  type JsonObject,
  type Secret,
  secretValues,
} from '@sluice/connector-specs'
import {
  bindCollections,
  type DiscoveredBinding,
  type Launch,
  type Protocol,
  protocolOf,
  type ValidateBinding,
} from '@sluice/launcher'
import { CliError } from '../cli-error.ts'
import type { Terminal } from '../terminal.ts'
import { checkConfig } from './check-config.ts'
import { launchOf, openTask, type TaskChoice } from './open-task.ts'
import { readCredentials, stringsIn } from './read-credentials.ts'

export interface PreparedTask {
  task: ConnectorTask
  protocol: Protocol
  spec: ConnectorSpec
  launch: Launch
  /** As the connector gets it: checked, defaults and credentials filled in. */
  config: JsonObject
}

/** Reads a task's files, asks the connector for its spec and makes the config of it. */
export async function prepareTask(
  options: TaskChoice & { credentials?: string | undefined },
  terminal: Terminal,
): Promise<PreparedTask> {
  const task = await openTask(options, terminal)
  const protocol = protocolOf(task.protocol)
  const credentials = options.credentials === undefined ? null : await readCredentials(options.credentials, terminal)
  const injected = credentials === null ? [] : stringsIn(credentials.reveal())
  const spec = await protocol.spec(launchOf(task, terminal, injected))
  const stored =
    task.config_overlay === null ? task.config : applyOverlay(spec.config_schema, task.config, task.config_overlay)
  const config = fill(spec, stored, credentials)
  const launch = launchOf(task, terminal, [...injected, ...secretValues(spec.config_schema, config)])
  const prepared = { task, protocol, spec, launch, config }
  // A connector that spends its refresh token would fail at its next start with the config of before.
  const onConfigUpdate = (rotated: Secret<JsonObject>) => {
    prepared.config = rotated.reveal()
    warnOfRotation(terminal)
  }
  prepared.launch = { ...launch, config_schema: spec.config_schema, onConfigUpdate }
  return prepared
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
  const provider = typeof spec.oauth2?.provider === 'string' ? spec.oauth2.provider : ''
  const property = findOAuthCredentials(spec.config_schema, provider)?.property ?? 'credentials'
  return credentials === null
    ? checkConfig(spec.config_schema, config, { without_credentials: property })
    : checkConfig(spec.config_schema, { ...config, [property]: credentials.reveal() }, { without_credentials: null })
}

function warnOfRotation(terminal: Terminal): void {
  terminal.tell(
    `${terminal.paint('yellow', 'warning:')} the connector exchanged its credentials for new ones, which were not kept. ` +
      'The credentials file may no longer work; run `raw oauth` again.',
  )
}
