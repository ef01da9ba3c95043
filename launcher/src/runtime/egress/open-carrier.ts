import { connect, createServer } from 'node:net'
import { joinSockets } from './join-sockets.ts'
import { createHold, type Listener, listenOn } from './listen-on.ts'

/** Carries what connects to the socket at `path` to a port of this machine's loopback. */
export function openCarrier(path: string, port: number): Promise<Listener> {
  const { open, hold } = createHold()
  const server = createServer({ allowHalfOpen: true }, (inner) => {
    void joinSockets(hold(inner), hold(connect({ port, host: '127.0.0.1', allowHalfOpen: true })))
  })
  return listenOn(path, server, open)
}
