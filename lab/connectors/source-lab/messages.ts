// Requests in and responses out, by the codec that `FLOW_RUNTIME_CODEC` names. JSON is one object a line.
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface Messages {
  /** Objects of one key each, until stdin ends. */
  requests(): AsyncIterable<Record<string, unknown>>
  /** Resolves when more may be written. */
  respond(response: Record<string, unknown>): Promise<void>
}

/**
 * Protobuf needs `protobufjs`; JSON needs nothing installed.
 *
 * @param file the .proto file of the messages
 */
export async function openMessages(codec: string | undefined, file: URL): Promise<Messages> {
  return codec === 'proto' ? (await import('./protobuf-messages.ts')).openProtobuf(file) : jsonMessages
}

const jsonMessages: Messages = {
  async *requests() {
    for await (const line of createInterface({ input: process.stdin })) {
      if (line.trim() !== '') yield JSON.parse(line) as Record<string, unknown>
    }
  },
  async respond(response) {
    if (!process.stdout.write(`${JSON.stringify(response)}\n`)) await once(process.stdout, 'drain')
  },
}
