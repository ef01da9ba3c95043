// What no operation may fall over: ids and cursors of any kind, bodies that never end, requests that lie about where they
// come from. Asked of every operation in the API's own document, so that a new one is asked too.
import assert from 'node:assert/strict'
import { connect as connectSocket } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { apiDocument } from '../app.ts'
import { connect } from '../testing/connect-story.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const { paths } = apiDocument() as { paths: Record<string, Record<string, unknown>> } // as OpenAPI has it
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
)
const lists = operations.filter(
  ({ method, path }) => method === 'GET' && path.startsWith('/v1/') && hasCursor(paths[path]?.get),
)

function hasCursor(operation: unknown): boolean {
  const { parameters = [] } = operation as { parameters?: { name: string }[] } // as OpenAPI has it
  return parameters.some(({ name }) => name === 'cursor')
}

/** A body that the operation reads without complaint. */
function bodyFor({ method, path }: { method: string; path: string }): object | undefined {
  if (method === 'GET' || method === 'DELETE') return undefined
  if (path.endsWith(':report')) return { status: 401, version: 1 }
  if (path.endsWith(':refresh')) return { version: 1 }
  return {}
}

test('no id, cursor or limit makes an operation fail: what cannot be one is refused by name', async (t) => {
  const server = await startTestServer(t)
  const ids = [
    'x'.repeat(10_000),
    '%00',
    '%ff',
    '..%2F..%2Fhealth',
    "'%20or%201=1--",
    '%F0%9F%92%A9',
    '%0d%0aset-cookie:x',
  ]
  for (const operation of operations.filter(({ path }) => path.includes('{'))) {
    for (const id of ids) {
      const path = operation.path.replaceAll(/\{.+?\}/g, id)
      const { status, body } = await server.api(operation.method, path, bodyFor(operation))
      assert.ok(status >= 400 && status < 500, `${operation.method} ${path.slice(0, 80)}: ${status}`)
      assert.ok(status === 431 || typeof body.code === 'string', `${operation.method} ${path.slice(0, 80)}`)
    }
  }
  const queries = ['cursor=x', 'cursor=%00', 'cursor=', `cursor=${'9'.repeat(60)}`, 'limit=0', 'limit=1e9', 'limit=1.5']
  for (const { path } of lists) {
    for (const query of queries) {
      const { status } = await server.api('GET', `${path}?${query}`)
      assert.equal(status, 422, `${path}?${query}`)
    }
  }
  assert.deepEqual(unexpected(server), [])
})

test('bodies over the limit are refused whatever is said of their length, and claim no idempotency key', async (t) => {
  const server = await startTestServer(t)
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  const bodies = [
    `Content-Length: 3000000\r\n\r\n${'x'.repeat(3_000_000)}`,
    `Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(40)}0\r\n\r\n`,
  ]
  for (const body of bodies) {
    for (const further of ['', 'Idempotency-Key: one\r\n']) {
      assert.match(await send(server, 'POST /v1/connections', `${further}${body}`), /^HTTP\/1\.1 413 .*body_too_large/s)
    }
  }
  assert.deepEqual(await server.services.db.selectFrom('idempotency_keys').selectAll().execute(), [])
})

test('a client that leaves while it sends is no fault of ours: nothing is logged as one', async (t) => {
  const server = await startTestServer(t)
  const cut = [
    'Content-Length: 1000\r\n\r\n{"a"',
    'Idempotency-Key: one\r\nContent-Length: 1000\r\n\r\n{"a"',
    'Transfer-Encoding: chunked\r\n\r\n10000\r\n{"a"',
  ]
  for (const [index, body] of cut.entries()) {
    const logged = server.logs.length
    const socket = connectSocket(Number(new URL(server.base_url).port), 'localhost')
    socket.write(head(server, 'POST /v1/connections') + body, () => socket.destroySoon())
    socket.resume()
    while (server.logs.length === logged) await new Promise(setImmediate)
    const { route, status } = JSON.parse(server.logs.at(-1) ?? '{}')
    assert.deepEqual([route, status], ['/v1/connections', 400], `cut ${index}`)
  }
  assert.deepEqual(unexpected(server), [])
  assert.deepEqual(await server.services.db.selectFrom('idempotency_keys').selectAll().execute(), [])
})

test('methods, hosts and addresses that a request claims change nothing', async (t) => {
  const server = await startTestServer(t)
  const { connection_id } = await connect(server)
  const path = `/v1/connections/${connection_id}`
  for (const override of ['X-HTTP-Method-Override: DELETE', 'X-HTTP-Method: DELETE', 'X-Method-Override: DELETE']) {
    assert.match(await send(server, `POST ${path}?_method=DELETE`, `${override}\r\nContent-Length: 0\r\n\r\n`), / 404 /)
  }
  assert.match(await send(server, `OPTIONS ${path}/credentials`, '\r\n'), / 404 /)
  const audited = async () => (await server.api('GET', '/v1/audit_records?limit=200')).body.data.length
  const [before, asked] = [await audited(), await send(server, `HEAD ${path}/credentials`, '\r\n')]
  assert.match(asked, /^HTTP\/1\.1 200 .*\r\n\r\n$/s)
  assert.equal(await audited(), before + 1)

  const forged = 'X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nForwarded: host=evil.example\r\n'
  const body = '{"connector_id":"source-lab"}'
  const length = `Content-Length: ${body.length}\r\n\r\n`
  const session = await send(server, 'POST /v1/connect_sessions', `${forged}${length}${body}`, 'evil.example')
  assert.match(session, / 201 /)
  assert.ok(!session.includes('evil.example'))
  for (const key of [`${server.api_key} more`, `${server.api_key},`, ` ${server.api_key}`]) {
    const refused = await fetch(`${server.base_url}${path}`, { headers: { authorization: `Bearer ${key}` } })
    assert.equal(refused.status, 401, key)
  }
})

const head = ({ base_url, api_key }: TestServer, request: string, host = new URL(base_url).host) =>
  `${request} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${api_key}\r\nContent-Type: application/json\r\nConnection: close\r\n`

/** A request as it is written here, headers first, to the answer's end. */
async function send(server: TestServer, request: string, rest: string, host?: string): Promise<string> {
  const socket = connectSocket(Number(new URL(server.base_url).port), 'localhost')
  socket.write(head(server, request, host) + rest)
  return text(socket)
}

function unexpected({ logs }: TestServer): string[] {
  return logs.filter((line) => line.includes('"unexpected error"'))
}
