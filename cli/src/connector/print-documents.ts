import { offered } from '@sluice/launcher'
import { printable, printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { collectionsOf, prepareTask } from './prepare-task.ts'

/** Captures from the beginning, printing `["collection", {document}]` lines as fast as they are read. */
export async function printDocuments(
  options: Parameters<typeof prepareTask>[0] & { maxDocuments?: number | undefined },
  terminal: Terminal,
): Promise<void> {
  const prepared = await prepareTask(options, terminal)
  const { protocol, launch, task } = prepared
  const bindings = collectionsOf(prepared, await offered(protocol, 'discover')(launch, prepared.config))
  const validated = await offered(protocol, 'validate')(launch, { name: task.name, config: prepared.config, bindings })
  const request = {
    name: task.name,
    config: prepared.config,
    bindings: bindings.map((binding, index) => ({ ...binding, ...(validated[index] ?? { resource_path: [] }) })),
    state: {},
    ...(options.maxDocuments !== undefined && { max_documents: options.maxDocuments }),
  }
  let documents = 0
  for await (const event of offered(protocol, 'read')(launch, request)) {
    switch (event.type) {
      case 'document':
        await terminal.print(printableJson([bindings[event.binding]?.collection.name, event.document]))
        documents += 1
        break
      case 'status':
        terminal.tell(`${terminal.paint('cyan', 'state')} ${printable(event.message)}`)
        break
    }
  }
  terminal.tell(`${documents} ${documents === 1 ? 'document' : 'documents'}`)
}
