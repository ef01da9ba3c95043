import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { defer } from './defer.ts'

/** Keeps the tables of the lab's materialization, for a test that looks into them. */
export async function openTableStore(t: TestContext) {
  let kept = '{}'
  const store = {
    address: '',
    /** So many writes are refused. */
    refuses: 0,
    /** What each write waits for before it is taken. */
    beforeWrite: async () => {},
    documents(table: string): Record<string, unknown>[] {
      const rows: Record<string, { doc: Record<string, unknown> }> = JSON.parse(kept).tables?.[table] ?? {}
      return Object.values(rows).map(({ doc }) => doc)
    },
  }
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') return response.writeHead(kept === '{}' ? 404 : 200).end(kept)
    const body = await text(request)
    await store.beforeWrite()
    store.refuses -= 1
    if (store.refuses >= 0) return response.writeHead(503).end()
    kept = body
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  defer(t, async () => void server.close())
  store.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return store
}
