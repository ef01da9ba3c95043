import type { Server } from 'node:http'
import { isIPv6 } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'

export interface Listener {
  port: number
  close(): Promise<void>
}

/** How a request is answered; `env` holds node's own request, as `@hono/node-server` gives it. */
export type Answer = (request: Request, env: object) => Response | Promise<Response>

export class ListenError extends Error {
  readonly code: 'port_taken' | 'listen_failed'

  constructor(code: 'port_taken' | 'listen_failed', message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ListenError'
    this.code = code
  }
}

/**
 * Listens on one port at every host: `localhost` may mean either loopback to a browser, so both are taken. An IPv6
 * address that this machine does not have is left out. Port 0 picks a free one.
 *
 * @throws ListenError `port_taken`, `listen_failed`
 */
export async function listen(fetch: Answer, { hosts, port }: { hosts: string[]; port: number }): Promise<Listener> {
  const servers: Server[] = []
  let chosen = port
  try {
    for (const host of hosts) {
      // Of http's server kinds this one is made when no other is asked for.
      const server = createAdaptorServer({ fetch }) as Server
      const bound = await bind(server, host, chosen, servers.length > 0)
      if (bound === null) continue
      chosen = bound
      servers.push(server)
    }
  } catch (error) {
    await Promise.all(servers.map(closeServer))
    throw error
  }
  return {
    port: chosen,
    close: async () => {
      await Promise.all(servers.map(closeServer))
    },
  }
}

async function bind(server: Server, host: string, port: number, optional: boolean): Promise<number | null> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, host, resolve)
  try {
    await promise
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (optional && isIPv6(host) && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT')) return null
    if (code === 'EADDRINUSE') {
      throw new ListenError(
        'port_taken',
        `Port ${port} on ${host} is in use by another program. Stop it, or choose another port: PORT=${port + 1} npm start`,
        { cause: error },
      )
    }
    throw new ListenError('listen_failed', `Cannot listen on ${host} port ${port} (${code}).`, { cause: error })
  }
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

async function closeServer(server: Server): Promise<void> {
  const closed = Promise.withResolvers<void>()
  server.close(() => closed.resolve())
  server.closeAllConnections()
  await closed.promise
}
