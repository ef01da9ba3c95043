// A loopback address at which one running connector reads its access token, by a bearer of its own. It serves any
// program that can be told where to ask, whatever it does with its config file.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Secret, secret } from '@sluice/connector-specs'
import type { LeasedGrant } from './leased-grant.ts'

export interface LeaseEndpoint {
  /** GET it with `Authorization: Bearer …`. */
  url: string
  bearer: Secret<string>
  close(): Promise<void>
}

export async function openLeaseEndpoint(fresh: () => Promise<LeasedGrant>, now: () => Date): Promise<LeaseEndpoint> {
  const bearer = randomBytes(32).toString('base64url')
  const expected = digest(`Bearer ${bearer}`)
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    // The digests are of equal length whatever was sent.
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
      return send(response, 401, { error: 'invalid_token' })
    }
    if (request.method !== 'GET' || request.url !== '/') return send(response, 404, { error: 'not_found' })
    try {
      send(response, 200, describe(await fresh(), now()))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'temporarily_unavailable'
      send(response, 503, { error: code })
    }
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  server.unref()
  // It listens on an address and port.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    bearer: secret(bearer),
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function describe({ access_token, expires_at }: LeasedGrant, now: Date) {
  return {
    access_token: access_token.reveal(),
    token_type: 'Bearer',
    expires_at: expires_at?.toISOString() ?? null,
    expires_in: expires_at ? Math.max(0, Math.floor((expires_at.getTime() - now.getTime()) / 1000)) : null,
  }
}

function send(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
