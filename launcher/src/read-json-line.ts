// Lines of protocols that share stdout with stray prints: messages are JSON objects, other text is a log.
import { isUtf8 } from 'node:buffer'
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { isTooDeep } from './json-depth.ts'
import { OutputFault } from './output-fault.ts'

const MEANT_AS_OBJECT = /^\s*\{\s*(?:"|\}|$)/
/** A message that something else was printed into, or before, without a newline between. */
const HOLDS_MESSAGE = /\{\s*"type"\s*:\s*"[A-Z_]{4,20}"/

/**
 * A JSON object, or the text of a line that was not meant as one.
 *
 * @throws OutputFault `malformed_output` when it was meant as a message but is cut, mixed with other text, not UTF-8 or
 *   nested too deeply: to take it for text would lose a document.
 */
export function readJsonLine(line: Buffer): JsonObject | string {
  if (!isUtf8(line)) {
    const text = line.toString('latin1')
    if (MEANT_AS_OBJECT.test(text) || HOLDS_MESSAGE.test(text)) throw malformed('a line that is not UTF-8', line)
    return line.toString('utf8')
  }
  const text = line.toString('utf8')
  if (MEANT_AS_OBJECT.test(text)) {
    const value = parse(text)
    if (isJsonObject(value)) {
      if (isTooDeep(value)) throw malformed('a message that is nested too deeply', line)
      return value
    }
    throw malformed('a message that is not whole JSON', line)
  }
  if (HOLDS_MESSAGE.test(text)) throw malformed('a message mixed with other text', line)
  return text
}

function malformed(what: string, line: Buffer): OutputFault {
  return new OutputFault(what, { code: 'malformed_output', line })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
