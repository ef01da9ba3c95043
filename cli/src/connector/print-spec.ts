import { protocolOf } from '@sluice/launcher'
import { printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { type LaunchChoice, launchOf, openTask, type TaskChoice } from './open-task.ts'

/** Prints the spec as the protocol spells it, as `flowctl raw spec` does. */
export async function printSpec(options: TaskChoice & LaunchChoice, terminal: Terminal): Promise<void> {
  const task = await openTask({ ...options, secrets: null }, terminal)
  const spec = await protocolOf(task.protocol).spec(launchOf(task, terminal, [], options))
  await terminal.print(
    printableJson({
      protocol: spec.protocol,
      configSchema: spec.config_schema,
      resourceConfigSchema: spec.resource_config_schema,
      documentationUrl: spec.documentation_url,
      ...(spec.oauth2 && { oauth2: spec.oauth2 }),
      resourcePathPointers: spec.resource_path_pointers,
    }),
  )
}
