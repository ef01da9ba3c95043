// Newline-delimited JSON from a program that is not trusted: bounded lines, strict UTF-8, no half last line.

export type LineFault = 'too_long' | 'not_utf8' | 'unfinished'

/** `text` is what was read of the faulty line; it may hold secrets. */
export class LineError extends Error {
  readonly fault: LineFault
  readonly text: string

  constructor(fault: LineFault, text: string) {
    super(fault)
    this.fault = fault
    this.text = text
  }
}

const NEWLINE = 0x0a
const SHOWN_BYTES = 8192

/**
 * The lines of a stream, each without its newline, blank ones left out. Holds one line and one chunk in memory.
 *
 * @throws LineError on a line of more than `maxBytes`, on invalid UTF-8, and on a last line without newline.
 */
export async function* readLines(stream: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<string, void, void> {
  let parts: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    let start = 0
    while (start < chunk.length) {
      const newline = chunk.indexOf(NEWLINE, start)
      const end = newline === -1 ? chunk.length : newline
      parts.push(chunk.subarray(start, end))
      length += end - start
      if (length > maxBytes) throw new LineError('too_long', lenient(parts))
      start = end + 1
      if (newline === -1) break
      const line = strict(parts)
      parts = []
      length = 0
      if (line.trim() !== '') yield line
    }
  }
  if (length > 0) throw new LineError('unfinished', lenient(parts))
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function strict(parts: readonly Buffer[]): string {
  try {
    return utf8.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts))
  } catch {
    throw new LineError('not_utf8', lenient(parts))
  }
}

function lenient(parts: readonly Buffer[]): string {
  return Buffer.concat(parts).subarray(0, SHOWN_BYTES).toString('utf8')
}
