// A request of a program as a proxy passes it on, and its answer on the way back: as it came, but for what is for one hop
// alone (RFC 9110 §7.6.1).
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { writeHost } from './destination.ts'
import type { Route } from './find-route.ts'

const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

export interface Passing extends Route {
  /** What follows the authority of the address that was asked for, as it was written. */
  rest: string
  /** How long the host may be silent. */
  idle_ms: number
  /** Is given each connection that is made, to end it. */
  hold(socket: Duplex): void
}

/** The host that the request names is the one that was judged, whatever its own header says (RFC 9112 §3.2.2). */
export async function passOn(incoming: IncomingMessage, response: ServerResponse, passing: Passing): Promise<void> {
  const { rest, idle_ms, hold, ...route } = passing
  const path = pathOf(incoming.method, rest)
  const outgoing = request({ ...route, method: incoming.method ?? 'GET', path, agent: false, setHost: false })
  // Whoever goes takes the other along, at whatever moment.
  for (const stream of [incoming, outgoing, response]) stream.on('error', () => {})
  response.once('close', () => outgoing.destroy())
  outgoing.setHeader('Host', route.port === 80 ? writeHost(route.host) : `${writeHost(route.host)}:${route.port}`)
  for (const [name, value] of endToEnd(incoming.rawHeaders, ['host', 'expect'])) outgoing.appendHeader(name, value)
  // A body keeps how it is delimited, or its bytes would be read as another request.
  if (incoming.headers['transfer-encoding'] !== undefined) outgoing.setHeader('Transfer-Encoding', 'chunked')
  outgoing.setTimeout(idle_ms, () => outgoing.destroy())
  outgoing.once('socket', hold)
  incoming.pipe(outgoing)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
  })
  answer.once('error', () => response.destroy())
  response.sendDate = false
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', endToEnd(answer.rawHeaders).flat())
  answer.pipe(response)
}

/** As it was written: a host may tell paths apart that mean the same elsewhere. */
function pathOf(method: string | undefined, rest: string): string {
  if (rest === '' && method === 'OPTIONS') return '*'
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** @param rawHeaders names and values by turns @returns those that are passed on, as pairs */
function endToEnd(rawHeaders: readonly string[], except: readonly string[] = []): [string, string][] {
  const pairs = rawHeaders.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : [],
  )
  const named = pairs.filter(([name]) => name.toLowerCase() === 'connection').flatMap(([, value]) => value.split(','))
  const left = new Set([...HOP_BY_HOP, ...except, ...named.map((name) => name.trim().toLowerCase())])
  return pairs.filter(([name]) => !left.has(name.toLowerCase()))
}
