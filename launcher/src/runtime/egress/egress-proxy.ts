// The way out of a program that has no network: an HTTP proxy (RFC 9110 §7.7, §9.3.6) on a socket of its own, which
// connects to the hosts that the program declared and to no other. Who may connect to the socket is that program, so that
// the proxy asks for no credentials, and none lie where the program's environment shows them.
import { lookup as systemLookup } from 'node:dns/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { declareHosts } from './declared-hosts.ts'
import { type Destination, readAuthority, writeHost } from './destination.ts'
import { findRoute, NoRoute, type Route } from './find-route.ts'
import { joinSockets } from './join-sockets.ts'
import { createHold, type Listener, listenOn } from './listen-on.ts'
import { type Lookup, lookUpInTurn } from './look-up-in-turn.ts'
import { passOn } from './pass-on.ts'

export interface EgressProxyOptions {
  /** As the connector declares them. */
  hosts: readonly string[]
  /** Hears why a host was refused, once for each, and of some hosts only. */
  onRefused?: ((message: string) => void) | undefined
  lookup?: Lookup
  limits?: Partial<EgressLimits>
}

export interface EgressLimits {
  connections: number
  /** Of a request's head. */
  header_bytes: number
  /** How long a head may take to come, or a connection to be made. */
  opening_ms: number
  /** How long an open connection may be silent. */
  idle_ms: number
  /** How many refusals are told. */
  told: number
}

const LIMITS: EgressLimits = {
  connections: 256,
  header_bytes: 32 * 1024,
  opening_ms: 30_000,
  idle_ms: 15 * 60_000,
  told: 20,
}

/** @param path of the socket that it listens on @throws RangeError when what is declared is no host */
export async function openEgressProxy(path: string, options: EgressProxyOptions): Promise<Listener> {
  const declared = declareHosts(options.hosts)
  const limits = { ...LIMITS, ...options.limits }
  const lookup = lookUpInTurn(options.lookup ?? ((host) => systemLookup(host, { all: true })))
  const { open, hold } = createHold()
  const told = new Set<string>()

  const tell = (message: string) => {
    if (told.has(message) || told.size > limits.told) return
    told.add(message)
    options.onRefused?.(told.size > limits.told ? 'More hosts that are not declared were refused.' : message)
  }
  const routeTo = async (destination: Destination): Promise<Route> => {
    try {
      return await findRoute(destination, declared, lookup)
    } catch (error) {
      if (error instanceof NoRoute && error.kind === 'policy') tell(error.message)
      throw error
    }
  }

  /** CONNECT: bytes go through as they are. */
  const tunnel = async (authority: string, client: Socket, head: Buffer) => {
    const read = readAuthority(authority)
    if (read?.port == null) return client.end(rawAnswer(400, 'CONNECT names a host and a port.'))
    try {
      const route = await routeTo({ host: read.host, port: read.port })
      if (client.destroyed) return
      const server = hold(await connected(route, limits.opening_ms))
      for (const socket of [client, server]) socket.setTimeout(limits.idle_ms, () => socket.destroy())
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      server.write(head)
      await joinSockets(client, server)
    } catch (error) {
      const { status, message } = answerTo(error, read.host)
      client.setTimeout(limits.opening_ms, () => client.destroy())
      client.end(rawAnswer(status, message))
    }
  }

  /** A request whose target is an absolute address: passed on with that address's host, whatever its own header says. */
  const forward = async (incoming: IncomingMessage, response: ServerResponse) => {
    const refuse = (status: number, message: string) => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
      response.end(`${message}\n`)
    }
    const [, scheme, authority = '', rest = ''] = /^(https?):\/\/([^/?#]*)([^#]*)$/i.exec(incoming.url ?? '') ?? []
    const read = readAuthority(authority)
    if (scheme === undefined || read === null) return refuse(400, 'This is a proxy: ask for an absolute http address.')
    if (scheme.toLowerCase() === 'https') return refuse(400, 'Ask for https by CONNECT.')
    const { host, port } = read
    try {
      const route = await routeTo({ host, port: port ?? 80 })
      await passOn(incoming, response, { ...route, rest, idle_ms: limits.idle_ms, hold })
    } catch (error) {
      const { status, message } = answerTo(error, host)
      if (response.headersSent) response.destroy()
      else refuse(status, message)
    }
  }

  const server = createServer(
    {
      maxHeaderSize: limits.header_bytes,
      headersTimeout: limits.opening_ms,
      connectionsCheckingInterval: Math.min(limits.opening_ms, 30_000),
      // A large upload may take its time; who says nothing is ended by the sockets' own bound.
      requestTimeout: 0,
      keepAliveTimeout: limits.idle_ms,
    },
    (incoming, response) => void forward(incoming, response),
  )
  server.on('connect', (incoming, client, head) => void tunnel(incoming.url ?? '', client as Socket, head)) // a net.Socket
  server.on('connection', (socket: Socket) => void hold(socket))
  server.setTimeout(limits.idle_ms)
  server.maxConnections = limits.connections
  return listenOn(path, server, open)
}

async function connected(route: Route, openingMs: number): Promise<Socket> {
  const socket = connect({ ...route, allowHalfOpen: true })
  return await new Promise<Socket>((resolve, reject) => {
    socket.setTimeout(openingMs, () =>
      socket.destroy(new NoRoute('unreachable', `${route.host} did not answer in time.`)),
    )
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}

function answerTo(error: unknown, host: string): { status: number; message: string } {
  if (error instanceof NoRoute) return { status: error.kind === 'policy' ? 403 : 502, message: error.message }
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
  return { status: 502, message: `The host ${writeHost(host)} is declared, but cannot be talked to${code}.` }
}

function rawAnswer(status: number, message: string): string {
  const reason = { 400: 'Bad Request', 403: 'Forbidden', 502: 'Bad Gateway' }[status] ?? 'Refused'
  const body = `${message}\n`
  return `HTTP/1.1 ${status} ${reason}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
}
