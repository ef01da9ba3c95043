// A token endpoint that does nothing but answer: what is measured is the broker beside it.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface BenchProvider {
  origin: string
  /** How often each refresh token came. */
  refreshes: Map<string, number>
  close(): void
}

export async function startProvider({ delay_ms }: { delay_ms: number }): Promise<BenchProvider> {
  const refreshes = new Map<string, number>()
  const server = createServer((req, res) => {
    let body = ''
    req.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1')
    })
    req.on('end', () => {
      const spent = new URLSearchParams(body).get('refresh_token')
      if (spent !== null) refreshes.set(spent, (refreshes.get(spent) ?? 0) + 1)
      const reply = {
        access_token: randomBytes(32).toString('base64url'),
        refresh_token: randomBytes(32).toString('base64url'),
        token_type: 'Bearer',
        expires_in: 3600,
      }
      setTimeout(() => {
        res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply))
      }, delay_ms)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, refreshes, close: () => server.close() }
}
