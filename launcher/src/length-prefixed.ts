// Messages that each follow their length (four bytes, little-endian), from a program that is not trusted: as ndjson.ts
// reads lines.
import type { Framing } from './framing.ts'
import { LineError } from './ndjson.ts'

const PREFIX_BYTES = 4

export const LENGTH_PREFIXED: Framing = {
  unit: 'message',
  advice: 'Emit smaller documents, or raise max_line_bytes; a connector that prints JSON is none of `protobuf: true`.',
  readWhole: readWholeMessages,
}

/**
 * The whole messages of a stream with their lengths, as many at a time as have come; good until the next are asked for.
 * What is left at the end is returned. Holds one message and one chunk in memory.
 *
 * @throws LineError `too_long` as soon as a length of more than `maxBytes` has come
 */
export async function* readWholeMessages(
  stream: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<Buffer, Buffer, void> {
  let begun = Buffer.alloc(PREFIX_BYTES)
  let filled = 0
  for await (const chunk of stream) {
    let start = 0
    while (filled > 0 && start < chunk.length) {
      const copied = chunk.copy(begun, filled, start)
      filled += copied
      start += copied
      if (filled < begun.length) break
      const size = sizeOf(begun, 0, maxBytes)
      if (size > filled) {
        begun = Buffer.concat([begun], size)
        continue
      }
      yield begun
      begun = Buffer.alloc(PREFIX_BYTES)
      filled = 0
    }
    const end = endOfWhole(chunk, start, maxBytes)
    if (end > start) yield chunk.subarray(start, end)
    if (end === chunk.length) continue
    const rest = chunk.subarray(end)
    begun = Buffer.alloc(rest.length < PREFIX_BYTES ? PREFIX_BYTES : sizeOf(rest, 0, maxBytes))
    filled = rest.copy(begun)
  }
  return begun.subarray(0, filled)
}

/** The message with its length before it. */
export function prefixed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + message.length)
  bytes.writeUInt32LE(message.length)
  bytes.set(message, PREFIX_BYTES)
  return bytes
}

/** Takes whole messages apart, and their lengths off. */
export function* splitMessages(whole: Buffer): Generator<Buffer, void, void> {
  for (let start = 0; start < whole.length; ) {
    const end = start + PREFIX_BYTES + whole.readUInt32LE(start)
    yield whole.subarray(start + PREFIX_BYTES, end)
    start = end
  }
}

/** Before one that is too long, so that those before it count. */
function endOfWhole(chunk: Buffer, start: number, maxBytes: number): number {
  let end = start
  while (chunk.length - end >= PREFIX_BYTES) {
    const length = chunk.readUInt32LE(end)
    const next = end + PREFIX_BYTES + length
    if (length > maxBytes || next > chunk.length) break
    end = next
  }
  return end
}

/** Of the message that begins there, its length counted in. */
function sizeOf(bytes: Buffer, start: number, maxBytes: number): number {
  const length = bytes.readUInt32LE(start)
  if (length > maxBytes) throw new LineError('too_long', Buffer.from(bytes.subarray(start, start + 1024)))
  return PREFIX_BYTES + length
}
