import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LabError } from './lab-error.ts'

export interface Listener {
  port: number
  close(): Promise<void>
}

interface ListenOptions {
  port: number
  host: string | undefined
  port_fallback: boolean
}

/**
 * Serves `localhost`, which means 127.0.0.1 to some clients and ::1 to others: both, where the machine has both.
 *
 * @throws LabError `port_taken`.
 */
export async function listen(
  { port, host, port_fallback }: ListenOptions,
  listener: RequestListener,
): Promise<Listener> {
  try {
    return await listenOn(port, host, listener)
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error
    if (port === 0 || port_fallback) return listen({ port: 0, host, port_fallback: false }, listener)
    const message = `Port ${port} is taken by another program; stop that program or give the lab another port.`
    throw new LabError('port_taken', message, { cause: error })
  }
}

async function listenOn(port: number, host: string | undefined, listener: RequestListener): Promise<Listener> {
  const first = await bind(port, host ?? '127.0.0.1', listener)
  const servers = [first]
  const address = first.address() as AddressInfo // a TCP server that listens
  if (host === undefined) {
    try {
      servers.push(await bind(address.port, '::1', listener))
    } catch (error) {
      if (codeOf(error) === 'EADDRINUSE') {
        await end(first)
        throw error
      }
      // This machine has no IPv6 loopback.
    }
  }
  return {
    port: address.port,
    close: async () => {
      await Promise.all(servers.map(end))
    },
  }
}

async function bind(port: number, host: string, listener: RequestListener): Promise<Server> {
  const server = createServer(listener)
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

async function end(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
