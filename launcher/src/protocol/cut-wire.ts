import { isUtf8 } from 'node:buffer'
import type { ProtocolName } from '@sluice/connector-specs'
import { endOfLine, type RecordPrefixes } from './record-prefixes.ts'
import type { WireLines } from './wire.ts'

/** What a line that had to be parsed comes to. */
export interface HeardLine<E> {
  /** Whether it belongs to what a destination gets. */
  keep: boolean
  documents: number
  event: E | null
}

/**
 * Cuts whole lines into runs of those that a destination gets, without copying, and events. Only lines that `prefixes`
 * does not know are parsed; in lines that are not UTF-8, all are.
 */
export function* cutWire<E>(
  protocol: ProtocolName,
  lines: Buffer,
  prefixes: RecordPrefixes,
  hear: (line: Buffer) => HeardLine<E>,
): Generator<WireLines | E, void, void> {
  const quick = isUtf8(lines)
  let from = 0
  let documents = 0
  const cut = (to: number): WireLines[] => {
    const run: WireLines = { type: 'wire', protocol, lines: lines.subarray(from, to), documents }
    documents = 0
    return run.lines.length > 0 ? [run] : []
  }
  for (let start = 0; start < lines.length; ) {
    const end = endOfLine(lines, start)
    if (quick && prefixes.match(lines, start, end)) {
      documents += 1
    } else {
      const { keep, documents: more, event } = hear(lines.subarray(start, end))
      documents += more
      if (!keep || event) {
        yield* cut(keep ? end + 1 : start)
        from = end + 1
        if (event) yield event
      }
    }
    start = end + 1
  }
  yield* cut(lines.length)
}
