// Lines from a program that is not trusted: bounded, cut out of the chunks as they come; only what a chunk begins is copied.

export type LineFault = 'too_long' | 'not_utf8'

/** `bytes` are the beginning of the faulty line; they may hold secrets. */
export class LineError extends Error {
  readonly fault: LineFault
  readonly bytes: Buffer

  constructor(fault: LineFault, bytes: Buffer) {
    super(fault)
    this.fault = fault
    this.bytes = bytes
  }
}

export const NEWLINE = 0x0a

/**
 * The whole lines of a stream, as many at a time as have come; each buffer ends with a newline, and is good until
 * the next is asked for, as the stream's chunks need only be. What follows the last newline is returned. Holds one line
 * and one chunk in memory.
 *
 * @throws LineError `too_long` on a line of more than `maxBytes`.
 */
export async function* readWholeLines(
  stream: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<Buffer, Buffer, void> {
  let begun: Buffer[] = []
  let length = 0
  const refuse = (more: Buffer) => new LineError('too_long', Buffer.concat([...begun, more]))
  for await (const chunk of stream) {
    let start = 0
    if (length > 0) {
      const newline = chunk.indexOf(NEWLINE)
      const end = newline === -1 ? chunk.length : newline
      if (length + end > maxBytes) throw refuse(chunk.subarray(0, end))
      begun.push(Buffer.from(chunk.subarray(0, newline === -1 ? end : end + 1)))
      length += end
      if (newline === -1) continue
      yield Buffer.concat(begun)
      begun = []
      length = 0
      start = end + 1
    }
    const last = chunk.lastIndexOf(NEWLINE)
    if (last >= start) yield chunk.subarray(start, last + 1)
    const rest = chunk.subarray(Math.max(start, last + 1))
    if (rest.length === 0) continue
    if (rest.length > maxBytes) throw refuse(rest)
    begun = [Buffer.from(rest)]
    length = rest.length
  }
  return Buffer.concat(begun)
}

/** Takes whole lines apart. @throws LineError as `readWholeLines` does, for limits smaller than a chunk */
export function* splitLines(lines: Buffer, maxBytes = Number.POSITIVE_INFINITY): Generator<Buffer, void, void> {
  for (let start = 0; start < lines.length; ) {
    const newline = lines.indexOf(NEWLINE, start)
    const end = newline === -1 ? lines.length : newline
    const line = lines.subarray(start, end)
    if (line.length > maxBytes) throw new LineError('too_long', line)
    yield line
    start = end + 1
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @throws LineError `not_utf8` */
export function decodeLine(line: Buffer): string {
  try {
    return utf8.decode(line)
  } catch {
    throw new LineError('not_utf8', line)
  }
}
