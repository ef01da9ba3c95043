import { resolve } from 'node:path'
import { type ConnectorTask, type FlowSource, loadFlowSource, selectTask } from '@sluice/connector-specs'
import { type Launch, launchTask } from '@sluice/launcher'
import { keySources } from '../config/key-sources.ts'
import type { Terminal } from '../terminal.ts'
import { tellLog } from './tell-log.ts'

export interface TaskChoice {
  source: string
  task?: string | undefined
  /** A file that takes the place of the flow.yaml's `config`. */
  config?: string | undefined
}

/** @throws SpecError when a file cannot be read or used, or no capture has the name. */
export async function openTask(
  { source, task, config }: TaskChoice,
  terminal: Terminal,
  { with_config = true }: { with_config?: boolean } = {},
): Promise<ConnectorTask> {
  const loaded = await loadFlowSource(source)
  return await selectTask(config === undefined ? loaded : withConfigFile(loaded, resolve(config)), {
    name: task,
    keys: with_config ? await keySources(terminal) : null,
  })
}

/** How to start the task's connector. Its log goes to stderr, the secrets taken out. */
export function launchOf(task: ConnectorTask, terminal: Terminal, secrets: string[]): Launch {
  return {
    ...launchTask(task),
    secrets,
    signal: terminal.signal,
    onLog: (log) => tellLog(log, terminal),
  }
}

function withConfigFile(source: FlowSource, config: string): FlowSource {
  const captures = Object.entries(source.captures).map(([name, capture]) => {
    const { local } = capture.endpoint
    return [name, { ...capture, endpoint: { ...capture.endpoint, local: local && { ...local, config } } }]
  })
  // An address within the flow.yaml would mislead where the fault is in the other file or its name.
  return { ...source, captures: Object.fromEntries(captures), placeOf: () => source.path }
}
