import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { isTooDeep } from '../json-depth.ts'
import { decodeLine, LineError, splitLines } from '../ndjson.ts'
import type { Run } from '../run.ts'

export type ReceivedMessage = { kind: 'message'; message: JsonObject } | { kind: 'silent' } | { kind: 'end' }

/** Reads a run's stdout as Flow's responses: one JSON object a line, nothing else. */
export interface MessageReader {
  /** A message that has come already; null when it must be waited for. */
  take(): Promise<JsonObject> | null
  /** `end` when the connector exited with 0. @throws ConnectorError on all that is no message */
  receive(waitMs: number, during: string): Promise<ReceivedMessage>
}

export function messageReader(run: Run): MessageReader {
  let lines: Iterator<Buffer, void> | null = null

  const take = () => {
    for (;;) {
      const next = lines?.next()
      if (!next || next.done) return null
      if (!isBlank(next.value)) return parse(run, next.value)
    }
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
          if (isBlank(received.rest)) return { kind: 'end' }
          const advice = 'Mend the connector.'
          throw await run.failLine(received.rest, 'an unfinished last line', advice, { exit_code: 0 })
        }
        lines = splitLines(received.lines)
      }
    },
  }
}

async function parse(run: Run, line: Buffer): Promise<JsonObject> {
  try {
    const value: unknown = JSON.parse(decodeLine(line))
    if (isJsonObject(value) && !isTooDeep(value)) return value
  } catch (error) {
    if (error instanceof LineError) throw await run.failLine(line, 'a line that is not UTF-8', 'Mend the connector.')
  }
  throw await run.failLine(line, 'something that is no protocol message', 'Logs belong on stderr.')
}

function isBlank(line: Buffer): boolean {
  return line.length < 100 && line.toString('latin1').trim() === ''
}
