// Docker's Engine API, which Podman serves too, over its unix socket: what running one container needs.
import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'

const VERSION = '/v1.41'
const MAXIMUM_SHOWN = 300

/** What the engine refused, by status. */
export class EngineError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface EngineClient {
  /** @returns the parsed reply, null when it is empty. @throws EngineError */
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T>
  /** Takes over the connection: what is written goes to the container, what is read comes from it. @throws EngineError */
  hijack(path: string): Promise<{ socket: Socket; head: Buffer }>
}

/** @param socketPath of the engine's API */
export function engineClient(socketPath: string): EngineClient {
  const send = (method: string, path: string, headers: Record<string, string>, body?: string) => {
    const outgoing = request({ socketPath, method, path: VERSION + path, headers, agent: false })
    const reply = new Promise<{ response: IncomingMessage; upgraded: { socket: Socket; head: Buffer } | null }>(
      (resolve, reject) => {
        outgoing.once('response', (response) => resolve({ response, upgraded: null }))
        // An upgrade of a plain connection is a net.Socket.
        outgoing.once('upgrade', (response, socket, head) =>
          resolve({ response, upgraded: { socket: socket as Socket, head } }),
        )
        outgoing.once('error', reject)
      },
    )
    outgoing.end(body)
    return reply
  }
  return {
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const headers: Record<string, string> = text === undefined ? {} : { 'content-type': 'application/json' }
      const { response } = await send(
        method,
        path,
        { ...headers, 'content-length': String(Buffer.byteLength(text ?? '')) },
        text,
      )
      return (await readReply(response)) as T // the engine's API says what each path answers
    },
    async hijack(path) {
      const headers = { connection: 'Upgrade', upgrade: 'tcp', 'content-length': '0' }
      const { response, upgraded } = await send('POST', path, headers)
      if (upgraded) return upgraded
      await readReply(response)
      throw new EngineError(response.statusCode ?? 0, 'The engine did not hand over the connection.')
    },
  }
}

async function readReply(response: IncomingMessage): Promise<unknown> {
  const text = (await buffer(response)).toString('utf8')
  const status = response.statusCode ?? 0
  if (status >= 400) throw new EngineError(status, messageIn(text))
  // A pull answers a line for each step; what it told last tells how it went.
  const last = text.trim().split('\n').at(-1) ?? ''
  if (last === '') return null
  const value: unknown = JSON.parse(last)
  if (typeof value === 'object' && value !== null && 'error' in value)
    throw new EngineError(status, String(value.error))
  return value
}

function messageIn(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown } // engines answer errors so
    return String(message).slice(0, MAXIMUM_SHOWN)
  } catch {
    return text.slice(0, MAXIMUM_SHOWN)
  }
}
