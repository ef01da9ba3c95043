import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
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
  tls?: Tls | undefined
}

interface Tls {
  key: string
  cert: string
  /** Whose certificates of clients are trusted. */
  client_ca?: string
}

/**
 * Serves `localhost`, which means 127.0.0.1 to some clients and ::1 to others: both, where the machine has both.
 *
 * @throws LabError `port_taken`.
 */
export async function listen(
  { port, host, port_fallback, tls }: ListenOptions,
  listener: RequestListener,
): Promise<Listener> {
  try {
    return await listenOn(port, host, listener, tls)
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error
    if (port === 0 || port_fallback) return listen({ port: 0, host, port_fallback: false, tls }, listener)
    const message = `Port ${port} is taken by another program; stop that program or give the lab another port.`
    throw new LabError('port_taken', message, { cause: error })
  }
}

async function listenOn(
  port: number,
  host: string | undefined,
  listener: RequestListener,
  tls: Tls | undefined,
): Promise<Listener> {
  const first = await bind(port, host ?? '127.0.0.1', listener, tls)
  const servers = [first]
  const address = first.address() as AddressInfo // a TCP server that listens
  if (host === undefined) {
    try {
      servers.push(await bind(address.port, '::1', listener, tls))
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

async function bind(port: number, host: string, listener: RequestListener, tls: Tls | undefined): Promise<Server> {
  const server = tls === undefined ? createServer(listener) : createTlsServer(optionsOf(tls), listener)
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

/** Clients may show a certificate; whether they must is the business of whoever asks for it. */
function optionsOf({ key, cert, client_ca }: Tls) {
  return { key, cert, requestCert: true, rejectUnauthorized: false, ...(client_ca !== undefined && { ca: client_ca }) }
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
