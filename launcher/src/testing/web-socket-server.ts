// The server's half of a websocket (RFC 6455): binary messages, no extensions. For stand-ins of APIs that speak it.
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const BINARY = 2
const CLOSE = 8
const PING = 9
const PONG = 10

export interface WebSocketPeer {
  /** @returns whether more may be sent at once */
  send(data: Buffer): boolean
  onDrain(listener: () => void): void
  close(): void
}

/** Completes the handshake in one of the offered protocols and hears whole messages; `onEnd` once it is over. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Socket,
  options: { protocol: string; onMessage(data: Buffer): void; onEnd(): void },
): WebSocketPeer {
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${GUID}`).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${options.protocol}\r\n\r\n`,
  )
  let held = Buffer.alloc(0)
  let message: Buffer[] = []
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk])
    for (let frame = readFrame(held); frame; frame = readFrame(held)) {
      held = held.subarray(frame.length)
      if (frame.opcode === CLOSE) {
        socket.end(frameOf(CLOSE, frame.payload))
        return
      }
      if (frame.opcode === PING) {
        socket.write(frameOf(PONG, frame.payload))
        continue
      }
      message.push(frame.payload)
      if (!frame.final) continue
      options.onMessage(Buffer.concat(message))
      message = []
    }
  })
  socket.on('error', () => {})
  // An HTTP server leaves its half open when the client's process is gone.
  socket.once('end', () => socket.end())
  socket.once('close', options.onEnd)
  return {
    send: (data) => socket.writable && socket.write(frameOf(BINARY, data)),
    onDrain: (listener) => void socket.once('drain', listener),
    close: () => void (socket.writable && socket.end(frameOf(CLOSE, Buffer.from([0x03, 0xe8])))),
  }
}

function readFrame(data: Buffer): { final: boolean; opcode: number; payload: Buffer; length: number } | null {
  if (data.length < 2) return null
  const first = data.readUInt8(0)
  const short = data.readUInt8(1) & 0x7f
  const sizeBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  const start = 2 + sizeBytes + 4
  if (data.length < start) return null
  const size = sizeBytes === 2 ? data.readUInt16BE(2) : sizeBytes === 8 ? Number(data.readBigUInt64BE(2)) : short
  if (data.length < start + size) return null
  const mask = data.subarray(start - 4, start)
  const payload = Buffer.from(data.subarray(start, start + size).map((byte, index) => byte ^ (mask[index % 4] ?? 0)))
  return { final: (first & 0x80) !== 0, opcode: first & 0x0f, payload, length: start + size }
}

function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  header.writeUInt8(0x80 | opcode, 0)
  header.writeUInt8(length < 126 ? length : length < 65_536 ? 126 : 127, 1)
  if (header.length === 4) header.writeUInt16BE(length, 2)
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, payload])
}
