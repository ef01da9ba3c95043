import { isJsonObject } from '@sluice/connector-specs'
import { LINES } from '../../framing.ts'
import { isTooDeep } from '../../json-depth.ts'
import { decodeLine, LineError, splitLines } from '../../ndjson.ts'
import type { FlowCodec, NoMessage } from './codec.ts'

/** One JSON object a line. */
export const JSON_CODEC: FlowCodec = {
  name: 'json',
  framing: LINES,
  encode: (request) => `${JSON.stringify(request)}\n`,
  split: messageLines,
  decode(line) {
    try {
      const message: unknown = JSON.parse(decodeLine(line))
      if (isJsonObject(message) && !isTooDeep(message)) return { message }
    } catch (error) {
      if (error instanceof LineError) return { fault: 'a line that is not UTF-8', advice: 'Mend the connector.' }
    }
    return NO_MESSAGE
  },
  isNothing: isBlank,
}

const NO_MESSAGE: NoMessage = { fault: 'something that is no protocol message', advice: 'Logs belong on stderr.' }

function* messageLines(lines: Buffer): Generator<Buffer, void, void> {
  for (const line of splitLines(lines)) if (!isBlank(line)) yield line
}

function isBlank(line: Buffer): boolean {
  return line.length < 100 && line.toString('latin1').trim() === ''
}
