// How a source begins the lines of its records. Once a record was parsed and understood, those of the same beginning
// need not be: their stream is known, and the rest is for who stores them.
import { NEWLINE } from '../ndjson.ts'

const MAXIMUM = 64
const CLOSING_BRACE = 0x7d

export interface RecordPrefixes {
  /** Whether the line from `start` to `end` is a record of a stream that is known. */
  match(lines: Buffer, start: number, end: number): boolean
  /** Learns from the line of a record that was parsed. */
  learn(line: Buffer): void
}

/** @param pattern matches the beginning of a line up to and with the brace that opens the payload */
export function recordPrefixes(pattern: RegExp): RecordPrefixes {
  const prefixes: Buffer[] = []
  return {
    match(lines, start, end) {
      if (lines[end - 1] !== CLOSING_BRACE) return false
      for (let index = 0; index < prefixes.length; index += 1) {
        const prefix = prefixes[index]
        if (!prefix || !startsWith(lines, start, end, prefix)) continue
        // Records of one stream come in rows: it is looked for first the next time.
        if (index > 0) prefixes.unshift(...prefixes.splice(index, 1))
        return true
      }
      return false
    },
    learn(line) {
      const found = prefixes.length < MAXIMUM ? pattern.exec(line.toString('latin1'))?.[0] : undefined
      if (found === undefined || found.includes('\n')) return
      const prefix = Buffer.from(found, 'latin1')
      if (!prefixes.some((known) => known.equals(prefix))) prefixes.unshift(prefix)
    },
  }
}

function startsWith(lines: Buffer, start: number, end: number, prefix: Buffer): boolean {
  const { length } = prefix
  if (end - start < length) return false
  for (let index = 0; index < length; index += 1) {
    if (lines[start + index] !== prefix[index]) return false
  }
  return true
}

export function endOfLine(lines: Buffer, start: number): number {
  const newline = lines.indexOf(NEWLINE, start)
  return newline === -1 ? lines.length : newline
}
