import { resolve } from 'node:path'
import {
  type ConnectorTask,
  type FlowCapture,
  type FlowSource,
  loadFlowSource,
  selectTask,
} from '@sluice/connector-specs'
import { type Launch, launchTask } from '@sluice/launcher'
import { CliError } from '../cli-error.ts'
import { keySources } from '../config/key-sources.ts'
import type { Terminal } from '../terminal.ts'
import { containerRuntime } from './container-runtime.ts'
import { tellLog, tellLogAsJson } from './tell-log.ts'

export interface TaskChoice {
  source: string
  task?: string | undefined
  /** The same, as flowctl calls it. */
  name?: string | undefined
  /** A file that takes the place of the flow.yaml's `config`. */
  config?: string | undefined
  /** The file with the values of the endpoint's `secrets`; null does without them. */
  secrets?: string | null | undefined
}

/** How the connector is started and heard. */
export interface LaunchChoice {
  /** How long an answer may take, in milliseconds. */
  timeout?: number | undefined
  logJson?: boolean | undefined
  /** The network of a connector in an image. */
  network?: string | undefined
}

/** @throws SpecError when a file cannot be read or used, or no capture has the name. */
export async function openTask(
  choice: TaskChoice,
  terminal: Terminal,
  { with_config = true }: { with_config?: boolean } = {},
): Promise<ConnectorTask> {
  return await selectFrom(await loadFlowSource(choice.source), choice, terminal, { with_config })
}

/** The same of a flow.yaml that is read already. */
export async function selectFrom(
  source: FlowSource,
  { task, name, config, secrets }: TaskChoice,
  terminal: Terminal,
  { with_config }: { with_config: boolean },
): Promise<ConnectorTask> {
  if (task !== undefined && name !== undefined && task !== name) {
    throw new CliError('usage', '--task and --name name two captures.', { next_action: 'Give one of the two.' })
  }
  return await selectTask(config === undefined ? source : withConfigFile(source, resolve(config)), {
    name: task ?? name,
    keys: with_config ? await keySources(terminal) : null,
    secrets,
  })
}

/** How to start the task's connector. Its log goes to stderr, the secrets taken out. */
export function launchOf(
  task: ConnectorTask,
  terminal: Terminal,
  secrets: string[],
  choice: LaunchChoice = {},
): Launch {
  const { timeout, logJson, network } = choice
  return {
    ...launchTask(task),
    ...(task.image !== undefined && containerRuntime({ network, hosts: task.hosts }, terminal)),
    ...(timeout !== undefined && { limits: { timeout_ms: timeout } }),
    secrets,
    signal: terminal.signal,
    onLog: (log) => (logJson ? tellLogAsJson : tellLog)(log, terminal),
  }
}

function withConfigFile(source: FlowSource, config: string): FlowSource {
  const replaced = ({ endpoint: { local, connector, ...endpoint }, ...capture }: FlowCapture): FlowCapture => ({
    ...capture,
    endpoint: {
      ...endpoint,
      ...(local && { local: { ...local, config } }),
      ...(connector && { connector: { ...connector, config } }),
    },
  })
  const captures = Object.entries(source.captures).map(([name, capture]) => [name, replaced(capture)])
  const placeOf: FlowSource['placeOf'] = (path) =>
    // An address within the flow.yaml would mislead where the fault is in the other file or its name.
    path.at(-1) === 'config' ? source.path : source.placeOf(path)
  return { ...source, captures: Object.fromEntries(captures), placeOf }
}
