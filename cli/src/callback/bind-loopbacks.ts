import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CliError } from '../cli-error.ts'
import { portOwner } from './port-owner.ts'

export interface Loopbacks {
  port: number
  addresses: string[]
  close(): Promise<void>
}

const LIMITS = { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 2_000, keepAlive: false }
const NO_SUCH_ADDRESS = ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']
const FREE_PORT_ATTEMPTS = 10

/**
 * Listens on both loopback addresses, because `localhost` means either: were only one of them ours, another program
 * could receive the answer on the other. A machine without IPv6 has one.
 *
 * @throws CliError `usage` when the port cannot be had, saying who holds it.
 */
export async function bindLoopbacks(port: number, answer: RequestListener): Promise<Loopbacks> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await bindBoth(port, answer)
    } catch (error) {
      if (codeOf(error) === 'EADDRINUSE' && port === 0 && attempt < FREE_PORT_ATTEMPTS) continue
      throw await explain(error, port)
    }
  }
}

async function bindBoth(port: number, answer: RequestListener): Promise<Loopbacks> {
  const first = await bind(port, '127.0.0.1', answer)
  const servers = [first]
  const { port: bound } = first.address() as AddressInfo // a TCP server that listens
  try {
    servers.push(await bind(bound, '::1', answer))
  } catch (error) {
    if (!NO_SUCH_ADDRESS.includes(codeOf(error))) {
      await Promise.all(servers.map(end))
      throw error
    }
  }
  return {
    port: bound,
    addresses: ['127.0.0.1', '::1'].slice(0, servers.length),
    close: async () => void (await Promise.all(servers.map(end))),
  }
}

async function bind(port: number, host: string, answer: RequestListener): Promise<Server> {
  const server = createServer(LIMITS, answer)
  server.listen({ port, host, exclusive: true })
  await once(server, 'listening')
  return server
}

async function end(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

async function explain(error: unknown, port: number): Promise<CliError> {
  const another =
    'another one by --port. The provider must know the redirect URI of that port too: register it there first.'
  if (codeOf(error) === 'EADDRINUSE') {
    const owner = await portOwner(port)
    return new CliError('usage', `Port ${port} is taken${owner ? ` by ${owner}` : ''}.`, {
      next_action: `End that program, or choose ${another}`,
      cause: error,
    })
  }
  if (codeOf(error) === 'EACCES') {
    return new CliError('usage', `This user may not listen on port ${port}.`, {
      next_action: `Choose ${another}`,
      cause: error,
    })
  }
  return new CliError('unexpected', `Listening on port ${port} failed (${codeOf(error) || error}).`, { cause: error })
}
