// The engine sends stdout and stderr over one connection, in frames: a byte for the stream, three that are zero, the
// length as four bytes, the bytes.
import type { Socket } from 'node:net'
import { PassThrough, type Readable } from 'node:stream'

const HEADER_BYTES = 8
const STDERR = 2

/** The two streams of an attached container. A slow reader of either slows the container. */
export function demultiplex(socket: Socket, head: Buffer): { stdout: Readable; stderr: Readable } {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  let header = Buffer.alloc(0)
  let left = 0
  let target = stdout

  const take = (chunk: Buffer) => {
    let rest = chunk
    while (rest.length > 0) {
      if (left === 0) {
        const missing = HEADER_BYTES - header.length
        header = Buffer.concat([header, rest.subarray(0, missing)])
        rest = rest.subarray(missing)
        if (header.length < HEADER_BYTES) return
        target = header[0] === STDERR ? stderr : stdout
        left = header.readUInt32BE(4)
        header = Buffer.alloc(0)
      }
      const part = rest.subarray(0, left)
      rest = rest.subarray(part.length)
      left -= part.length
      if (part.length > 0 && !target.write(part)) wait(target)
    }
  }
  const wait = (stream: PassThrough) => {
    socket.pause()
    stream.once('drain', () => socket.resume())
  }
  const end = () => {
    stdout.end()
    stderr.end()
  }
  // What was destroyed by its reader drains no more, and must not hold the other up.
  for (const stream of [stdout, stderr]) stream.on('error', () => {}).once('close', () => socket.resume())
  take(head)
  socket.on('data', take)
  socket.once('end', end)
  socket.once('close', end)
  socket.on('error', () => {})
  return { stdout, stderr }
}
