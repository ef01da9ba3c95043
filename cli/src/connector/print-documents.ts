import { offered } from '@sluice/launcher'
import { printable, printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { openReading, type StateChoice } from './open-reading.ts'
import { type PrepareOptions, prepareTask } from './prepare-task.ts'

/** Captures, printing `["collection", {document}]` lines as fast as they are read. */
export async function printDocuments(
  options: PrepareOptions & StateChoice & { maxDocuments?: number | undefined },
  terminal: Terminal,
): Promise<void> {
  const prepared = await prepareTask(options, terminal)
  const { protocol, launch } = prepared
  const reading = await openReading(prepared, options, terminal)
  const request = {
    ...reading.request(),
    ...(options.maxDocuments !== undefined && { max_documents: options.maxDocuments }),
  }
  let documents = 0
  for await (const event of offered(protocol, 'read')(launch, request)) {
    switch (event.type) {
      case 'document':
        await terminal.print(printableJson([reading.collection(event.binding), event.document]))
        documents += 1
        break
      case 'checkpoint':
        reading.commit(event.state)
        break
      case 'status':
        terminal.note(`${terminal.paint('cyan', 'state')} ${printable(event.message)}`)
        break
    }
  }
  terminal.note(`${documents} ${documents === 1 ? 'document' : 'documents'}`)
}
