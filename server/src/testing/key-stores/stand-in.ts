// What the stand-ins of key stores share: a strict HTTP server on loopback, and ciphertext that is bound to its context.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { defer } from '../defer.ts'

export interface StandInRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface StandInAnswer {
  status: number
  body: unknown
  headers?: Record<string, string>
}

export interface StandIn {
  origin: string
  /** Answers the next requests with these statuses before it listens again; 0 drops the connection. */
  fail(...statuses: number[]): void
  requests: StandInRequest[]
}

export async function startStandIn(
  t: Pick<TestContext, 'after'>,
  answer: (request: StandInRequest) => StandInAnswer | Promise<StandInAnswer>,
): Promise<StandIn> {
  const requests: StandInRequest[] = []
  const failures: number[] = []
  const server = createServer(async (incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming
    const request = { method, path: url, headers, body: await buffer(incoming) }
    requests.push(request)
    const failure = failures.shift()
    if (failure === 0) return void outgoing.destroy()
    const {
      status,
      body,
      headers: more,
    } = failure === undefined ? await answer(request) : ({ status: failure, body: {} } as StandInAnswer)
    outgoing.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(body))
  })
  const listening = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', listening.resolve)
  await listening.promise
  defer(t, () => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, requests, fail: (...statuses) => void failures.push(...statuses) }
}

const KEY = randomBytes(32)

/** AES-256-GCM under a key of this process, the context as additional data. */
export function encryptFor(context: string, plaintext: Buffer): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', KEY, nonce).setAAD(Buffer.from(context))
  return Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** Null when it was made for another context, or by nobody here. */
export function decryptFor(context: string, ciphertext: Buffer): Buffer | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', KEY, ciphertext.subarray(0, 12)).setAAD(Buffer.from(context))
    decipher.setAuthTag(ciphertext.subarray(-16))
    return Buffer.concat([decipher.update(ciphertext.subarray(12, -16)), decipher.final()])
  } catch {
    return null
  }
}
