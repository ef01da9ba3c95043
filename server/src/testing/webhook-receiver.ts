// Somebody's webhook endpoint.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { defer } from './defer.ts'

export interface ReceivedWebhook {
  headers: IncomingHttpHeaders
  body: string
}

export interface WebhookReceiver {
  url: string
  received: ReceivedWebhook[]
  /** Resolves when so many have come in all. */
  count(expected: number): Promise<ReceivedWebhook[]>
  /** How the next requests are answered; 200 after them. */
  answer(...answers: { status: number; headers?: Record<string, string>; body?: string }[]): void
}

export async function startWebhookReceiver(t: Pick<TestContext, 'after'>): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = []
  const answers: { status: number; headers?: Record<string, string>; body?: string }[] = []
  let waiting: (() => void)[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const { status, headers, body: reply } = answers.shift() ?? { status: 200 }
    response.writeHead(status, headers).end(reply)
    received.push({ headers: request.headers, body })
    for (const look of waiting.splice(0)) look()
  })
  const listening = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', listening.resolve)
  await listening.promise
  defer(t, () => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    answer: (...more) => void answers.push(...more),
    async count(expected) {
      while (received.length < expected) {
        const { promise, resolve } = Promise.withResolvers<void>()
        waiting = [...waiting, resolve]
        await promise
      }
      return received
    },
  }
}
