import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'

export interface Listener {
  /** Ends it with all that goes through it. */
  close(): Promise<void>
}

/** What goes through a listener, to be ended with it. */
export function createHold() {
  const open = new Set<Duplex>()
  return {
    open,
    hold<S extends Duplex>(socket: S): S {
      open.add(socket)
      socket.once('close', () => open.delete(socket))
      socket.on('error', () => {})
      return socket
    },
  }
}

/** Listens on the socket at `path`. Nobody waits for its end. */
export async function listenOn(path: string, server: Server, open: ReadonlySet<Duplex>): Promise<Listener> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, resolve)
  })
  // A connection that cannot be accepted is the program's loss, not ours.
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
