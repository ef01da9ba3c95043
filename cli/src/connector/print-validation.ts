import { offered } from '@sluice/launcher'
import { printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { bindingsToTry, type PrepareOptions, prepareTask } from './prepare-task.ts'

/** Has the connector try the bindings, and prints for each its collection and resource path. */
export async function printValidation(options: PrepareOptions, terminal: Terminal): Promise<void> {
  const prepared = await prepareTask(options, terminal)
  const { protocol, launch, task } = prepared
  const bindings = await bindingsToTry(prepared)
  const validated = await offered(protocol, 'validate')(launch, { name: task.name, config: prepared.config, bindings })
  for (const [index, { resource_path }] of validated.entries()) {
    await terminal.print(printableJson({ collection: bindings[index]?.collection.name, resourcePath: resource_path }))
  }
}
