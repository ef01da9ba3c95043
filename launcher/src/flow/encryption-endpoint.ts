// Flow's connectors encrypt a config that they rotated by posting `{config, schema}` to ENCRYPTION_URL, and then log what
// they got back as `configUpdate`. Left alone they would post it to a public service. This endpoint answers on a loopback
// address with an envelope that nobody but this run can open, so that neither the plaintext nor a log of it leaves us.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { newSealingKey, openText, sealText } from '../sealed-text.ts'

const MAXIMUM_BYTES = 4 * 1024 * 1024
/** The only field of an envelope. */
const SEALED = 'sluice_sealed'

export interface EncryptionEndpoint {
  /** For the connector's ENCRYPTION_URL; its path is what proves that the caller is this run's connector. */
  url: string
  /** Of the url. */
  port: number
  /** The config of an envelope that this endpoint gave; null for all else. */
  open(envelope: JsonObject): JsonObject | null
  close(): void
}

/** Serves one run, on a port of the system's choice. */
export async function startEncryptionEndpoint(): Promise<EncryptionEndpoint> {
  const key = newSealingKey()
  const path = `/${randomBytes(32).toString('base64url')}/v1/encrypt-config`
  const server = createServer((request, response) => {
    if (!samePath(request.url ?? '', path)) return answer(response, 404, { error: 'not_found' })
    if (request.method !== 'POST') return answer(response, 405, { error: 'method_not_allowed' })
    readBody(request).then(
      (body) => {
        const config = isJsonObject(body) && isJsonObject(body.config) ? body.config : null
        if (!config) return answer(response, 400, { error: 'invalid_request', description: 'Post {config, schema}.' })
        answer(response, 200, { [SEALED]: sealText(key, JSON.stringify(config)) })
      },
      () => answer(response, 400, { error: 'invalid_request', description: 'The body is no JSON, or too large.' }),
    )
  })
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a TCP port
  return {
    url: `http://127.0.0.1:${port}${path}`,
    port,
    open: (envelope) => unseal(key, envelope[SEALED]),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function unseal(key: Buffer, sealed: unknown): JsonObject | null {
  const text = typeof sealed === 'string' ? openText(key, sealed) : null
  const config: unknown = text === null ? null : JSON.parse(text)
  return isJsonObject(config) ? config : null
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAXIMUM_BYTES) throw new RangeError('too large')
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

function samePath(given: string, path: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(path)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function answer(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
