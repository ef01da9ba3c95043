import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import type { Run } from '../run.ts'
import type { Exit } from '../runtime/runtime.ts'

const MAXIMUM_BYTES = 64 * 1024 * 1024

/**
 * Reads one JSON document that is a run's whole output, of many lines or without a last newline, within `timeout_ms`.
 *
 * @returns null in the place of the document when the output is none
 * @throws ConnectorError `timeout`, `output_too_large`; the exit is the caller's to judge
 */
export async function wholeOutput(
  run: Run,
  during: string,
): Promise<{ document: JsonObject | null; bytes: Buffer; exit: Exit }> {
  const deadline = performance.now() + run.limits.timeout_ms
  const parts: Buffer[] = []
  let length = 0
  for (;;) {
    const received = await run.receive(deadline - performance.now(), during)
    if (received.kind === 'silent') {
      const seconds = run.limits.timeout_ms / 1000
      throw await run.fail('timeout', `did not end within ${seconds} s while ${during}. Look at its log.`)
    }
    const part = received.kind === 'lines' ? received.lines : received.rest
    parts.push(Buffer.from(part))
    length += part.length
    if (length > MAXIMUM_BYTES) {
      throw await run.fail('output_too_large', `printed more than ${MAXIMUM_BYTES} bytes while ${during}. Mend it.`)
    }
    if (received.kind === 'end') {
      const bytes = Buffer.concat(parts)
      return { document: parse(bytes), bytes, exit: received.exit }
    }
  }
}

function parse(bytes: Buffer): JsonObject | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}
