import { connect, createServer, type Socket } from 'node:net'
import { joinSockets } from './join-sockets.ts'

export interface Carrier {
  /** Ends it with all that goes through it. */
  close(): Promise<void>
}

/** Carries what connects to the socket at `path` to a port of this machine's loopback. */
export async function openCarrier(path: string, port: number): Promise<Carrier> {
  const open = new Set<Socket>()
  const hold = (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    return socket.on('error', () => {})
  }
  const server = createServer({ allowHalfOpen: true }, (inner) => {
    void joinSockets(hold(inner), hold(connect({ port, host: '127.0.0.1', allowHalfOpen: true })))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, resolve)
  })
  server.on('error', () => {})
  server.unref()
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}
