import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Lab, type LabClient, startLab } from '../index.ts'
import { authorize, getApi } from '../test-client.ts'
import type { Customer, Order } from './demo-data.ts'
import type { RecordPage } from './page-of-records.ts'

let lab: Lab
let client: LabClient
let token: string
before(async () => {
  lab = await startLab()
  client = lab.addClient()
  token = (await authorize(lab, client)).access_token
})
after(() => lab.close())

async function readAll<T>(path: string, query: Record<string, string>): Promise<{ rows: T[]; pages: number }> {
  const rows: T[] = []
  let pages = 0
  for (let cursor: string | null = ''; cursor !== null; pages += 1) {
    const search = new URLSearchParams({ ...query, ...(cursor !== '' && { cursor }) })
    const { body }: { body: RecordPage<T> } = await getApi<RecordPage<T>>(lab, `${path}?${search}`, token)
    rows.push(...body.data)
    cursor = body.next_cursor
  }
  return { rows, pages }
}

test('cursors lead through every customer and every order once, ordered by their last change', async () => {
  const customers = await readAll<Customer>('/api/customers', { limit: '100' })
  assert.equal(customers.pages, 3)
  assert.equal(new Set(customers.rows.map(({ id }) => id)).size, 250)
  const orders = await readAll<Order>('/api/orders', { limit: '200' })
  assert.equal(orders.pages, 5)
  assert.equal(new Set(orders.rows.map(({ id }) => id)).size, 1000)
  const changes = orders.rows.map(({ updated_at }) => updated_at)
  assert.deepEqual(changes, changes.toSorted())
  const known = new Set(customers.rows.map(({ id }) => id))
  assert.ok(orders.rows.every((order) => known.has(order.customer_id)))
})

test('updated_since, inclusive, returns what changed from then on', async () => {
  const { rows } = await readAll<Order>('/api/orders', { limit: '200' })
  const middle = rows[500]?.updated_at ?? ''
  const since = await readAll<Order>('/api/orders', { limit: '200', updated_since: middle })
  assert.deepEqual(since.rows, rows.slice(rows.findIndex(({ updated_at }) => updated_at === middle)))
  const { rows: none } = await readAll<Order>('/api/orders', { updated_since: '2099-01-01' })
  assert.deepEqual(none, [])
})

test('the data is the same at every start and differs by account', async () => {
  const again = await startLab()
  try {
    const other = again.addClient()
    const first = async (account: 'alice' | 'bob') =>
      (await getApi(again, '/api/orders?limit=1', (await authorize(again, other, { account })).access_token)).body
    const here = (await getApi(lab, '/api/orders?limit=1', token)).body
    assert.deepEqual(await first('alice'), here)
    assert.notDeepEqual(await first('bob'), here)
  } finally {
    await again.close()
  }
})

test('a token without the scope is answered 403 insufficient_scope', async () => {
  const { access_token } = await authorize(lab, client, { scope: 'customers:read' })
  assert.equal((await getApi(lab, '/api/customers', access_token)).status, 200)
  const { status, headers, body } = await getApi(lab, '/api/orders', access_token)
  assert.equal(status, 403)
  assert.match(headers.get('www-authenticate') ?? '', /error="insufficient_scope", scope="orders:read"/)
  assert.equal(headers.get('content-type'), 'application/problem+json')
  assert.equal(body.code, 'insufficient_scope')
})

test('a request without a token is challenged, and an unknown or foreign-scheme token is invalid', async () => {
  const missing = await getApi(lab, '/api/me')
  assert.equal(missing.status, 401)
  const resource_metadata = `${lab.origin}/.well-known/oauth-protected-resource/api`
  const challenge = `Bearer realm="lab", resource_metadata="${resource_metadata}"`
  assert.equal(missing.headers.get('www-authenticate'), challenge)
  const unknown = await getApi(lab, '/api/me', 'unknown')
  assert.equal(unknown.status, 401)
  assert.match(unknown.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
  assert.equal(unknown.body.code, 'invalid_token')
})

test('an access token is refused once its lifetime has passed', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const short = await startLab({ access_token_seconds: 2 })
  try {
    const tokens = await authorize(short, short.addClient())
    assert.equal(tokens.expires_in, 2)
    assert.equal((await getApi(short, '/api/me', tokens.access_token)).status, 200)
    t.mock.timers.tick(3000)
    assert.equal((await getApi(short, '/api/me', tokens.access_token)).status, 401)
  } finally {
    await short.close()
  }
})

test('bad parameters are answered 400 with the name of the parameter', async () => {
  for (const query of ['limit=0', 'limit=201', 'limit=ten', 'cursor=x', 'updated_since=yesterday']) {
    const { status, body } = await getApi(lab, `/api/orders?${query}`, token)
    assert.equal(status, 400, query)
    assert.match(body.detail, new RegExp(`\`${query.split('=')[0]}\``))
  }
  assert.equal((await getApi(lab, '/api/nothing', token)).status, 404)
})
