import { offered } from '@sluice/launcher'
import { printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { type PrepareOptions, prepareTask } from './prepare-task.ts'

/** Prints what the connector discovers, a binding a line as the protocol spells it. */
export async function printBindings(options: PrepareOptions, terminal: Terminal): Promise<void> {
  const { protocol, launch, config } = await prepareTask(options, terminal)
  for (const binding of await offered(protocol, 'discover')(launch, config)) {
    await terminal.print(
      printableJson({
        recommendedName: binding.recommended_name,
        resourceConfig: binding.resource_config,
        documentSchema: binding.document_schema,
        key: binding.key,
        disable: binding.disable,
        resourcePath: binding.resource_path,
      }),
    )
  }
}
