// What a program prints comes in pieces of a few kilobytes, each in memory of its own: passing one on costs as much as
// reading a hundred lines, and to collect that memory costs more than everything else. So pieces that follow each other
// quickly are passed on together, in memory that is used again, and theirs is given back at once.
import type { Readable } from 'node:stream'

/** Pieces that come within so long of those before are gathered for as long. */
const GATHER_MS = 1
/** As much is passed on at once, and as much is held for whoever takes no more. */
const GATHERED_BYTES = 256 * 1024
/** Of one piece of a pipe or socket. */
const PIECE_BYTES = 64 * 1024

/**
 * The bytes of a stream, in pieces as large as come without waiting for them; each is good until the next is asked for.
 * The stream is read from the start on, as far as `GATHERED_BYTES`, and by nobody else. To end the iteration before its
 * end destroys it, as for streams themselves.
 */
export function gatherChunks(stream: Readable): AsyncIterable<Buffer> {
  const memory = Buffer.allocUnsafeSlow(GATHERED_BYTES + PIECE_BYTES)
  let held: Buffer[] = []
  let bytes = 0
  let takenAt = Number.NEGATIVE_INFINITY
  let over = false
  let failure: Error | null = null
  let wake: (() => void) | null = null
  let timer: NodeJS.Timeout | undefined

  const tell = () => {
    clearTimeout(timer)
    timer = undefined
    wake?.()
    wake = null
  }
  const end = (error: Error | null) => {
    if (over) return
    over = true
    failure = error
    tell()
  }
  stream.on('data', (chunk: Buffer) => {
    held.push(chunk)
    bytes += chunk.length
    if (bytes >= GATHERED_BYTES) {
      if (!wake) stream.pause()
      tell()
    } else if (wake && !timer) {
      if (performance.now() - takenAt > GATHER_MS) tell()
      else timer = setTimeout(tell, GATHER_MS)
    }
  })
  stream.once('end', () => end(null))
  stream.once('error', end)
  stream.once('close', () => end(new Error('It was closed before its end.')))

  const take = (): Buffer => {
    const gathered = gather(held, bytes, memory)
    held = []
    bytes = 0
    takenAt = performance.now()
    if (stream.isPaused()) stream.resume()
    return gathered
  }
  const settled = (): IteratorResult<Buffer, undefined> => {
    if (bytes > 0) return { done: false, value: take() }
    if (failure) throw failure
    return { done: true, value: undefined }
  }
  const iterator: AsyncIterator<Buffer, undefined> = {
    async next() {
      if (bytes === 0 && !over) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return settled()
    },
    async return() {
      stream.destroy()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}

function gather(pieces: readonly Buffer[], bytes: number, memory: Buffer): Buffer {
  // Streams may be given larger pieces than pipes and sockets make.
  if (bytes > memory.length) return Buffer.concat(pieces, bytes)
  let end = 0
  for (const piece of pieces) {
    end += piece.copy(memory, end)
    giveBack(piece)
  }
  return memory.subarray(0, end)
}

/** Frees what a piece alone occupies, which else waits for a collection of garbage. */
function giveBack({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
