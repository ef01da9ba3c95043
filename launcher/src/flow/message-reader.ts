import type { JsonObject } from '@sluice/connector-specs'
import type { FlowRun } from './start-flow-run.ts'

export type ReceivedMessage = { kind: 'message'; message: JsonObject } | { kind: 'silent' } | { kind: 'end' }

/** Reads a run's stdout as Flow's responses, and nothing else. */
export interface MessageReader {
  /** A message that has come already; null when it must be waited for. */
  take(): Promise<JsonObject> | null
  /** `end` when the connector exited with 0. @throws ConnectorError on all that is no message */
  receive(waitMs: number, during: string): Promise<ReceivedMessage>
}

export function messageReader(run: FlowRun): MessageReader {
  const { codec } = run
  let messages: Iterator<Buffer, void> | null = null

  const take = () => {
    const next = messages?.next()
    return !next || next.done ? null : decode(run, next.value)
  }

  return {
    take,
    async receive(waitMs, during) {
      for (;;) {
        const message = take()
        if (message) return { kind: 'message', message: await message }
        const received = await run.receive(waitMs, during)
        if (received.kind === 'silent') return received
        if (received.kind === 'end') {
          await run.judge(received.exit, during)
          if (codec.isNothing(received.rest)) return { kind: 'end' }
          const what = `an unfinished last ${codec.framing.unit}`
          throw await run.failLine(received.rest, what, 'Mend the connector.', { exit_code: 0 })
        }
        messages = codec.split(received.lines)
      }
    },
  }
}

async function decode(run: FlowRun, bytes: Buffer): Promise<JsonObject> {
  const decoded = run.codec.decode(bytes)
  if ('message' in decoded) return decoded.message
  throw await run.failLine(bytes, decoded.fault, decoded.advice)
}
