// `sluice raw read`: what the connector says in its own words.
import { offered, type RunEvent } from '@sluice/launcher'
import { printable, printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { openReading, type StateChoice } from './open-reading.ts'
import { type PrepareOptions, prepareTask } from './prepare-task.ts'

/** Prints the connector's own lines where its protocol has lines, and Flow's responses where it has none. */
export async function printWire(
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
  const events = protocol.readWire ? protocol.readWire(launch, request) : offered(protocol, 'read')(launch, request)
  for await (const event of events) {
    if (event.type === 'wire') {
      for (const line of event.lines.toString('utf8').trimEnd().split('\n')) await terminal.print(shown(line))
      continue
    }
    if (event.type === 'checkpoint') reading.commit(event.state)
    const response = protocol.readWire ? null : flowResponse(event)
    if (response !== null) await terminal.print(printableJson(response))
  }
}

/** Between the values of a JSON text only whitespace may stand, so what is escaped is within strings. */
function shown(line: string): string {
  return line.replace(/\r$/, '').split('\t').map(printable).join('\t')
}

function flowResponse(event: RunEvent): object | null {
  switch (event.type) {
    case 'applied':
      return { applied: { actionDescription: event.action_description } }
    case 'opened':
      return { opened: {} }
    case 'document':
      return { captured: { binding: event.binding, doc: event.document } }
    case 'schema':
      return { sourcedSchema: { binding: event.binding, schema: event.schema } }
    case 'checkpoint': {
      const { updated, merge_patch } = event.state
      return { checkpoint: { state: { updated, ...(merge_patch && { mergePatch: true }) } } }
    }
    default:
      return null
  }
}
