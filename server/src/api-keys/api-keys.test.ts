import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestBrowser } from '../testing/test-browser.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { createApiKey } from './create-api-key.ts'
import { covers, type Scope, scopes } from './scopes.ts'

const HOUR_MS = 60 * 60 * 1000

async function issue(server: TestServer, body: Record<string, unknown>, apiKey?: string) {
  const { status, body: issued } = await server.api('POST', '/v1/api_keys', { name: 'test', ...body }, apiKey)
  assert.equal(status, 201, JSON.stringify(issued))
  return issued
}

test('a key is shown when it is made, and never again', async (t) => {
  const server = await startTestServer(t)
  const issued = await issue(server, { scopes: ['connections:read'] })
  assert.equal((await server.api('GET', '/v1/connections', undefined, issued.key)).status, 200)
  const { key, ...shown } = issued
  assert.equal(issued.id, key.slice('sluice_'.length).slice(0, 12))
  const read = await server.api('GET', `/v1/api_keys/${issued.id}`)
  const { body: list } = await server.api('GET', '/v1/api_keys')
  for (const record of [read.body, list.data[0]]) {
    assert.deepEqual({ ...record, last_used_at: null }, shown)
    assert.ok(!JSON.stringify(record).includes(key.slice(20)))
  }
  assert.equal(list.data.length, 2)
  const first = await server.api('GET', '/v1/api_keys?limit=1')
  const second = await server.api('GET', `/v1/api_keys?limit=1&cursor=${first.body.next_cursor}`)
  assert.deepEqual([first.body.data[0].id, second.body.data[0].name], [issued.id, 'admin'])
  assert.equal(second.body.next_cursor, null)
  assert.equal((await server.api('GET', '/v1/api_keys?cursor=nonsense')).status, 422)
})

test('each operation of the API asks for its scope, names it where it is missing, and shows it in the reference', async (t) => {
  const server = await startTestServer(t)
  const { body: document } = await server.api('GET', '/openapi.json', undefined, null)
  const page = await (await fetch(new URL('/reference', server.base_url))).text()
  const id = '019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40'
  let operations = 0
  for (const [path, item] of Object.entries<Record<string, { security?: { api_key: Scope[] }[] }>>(document.paths)) {
    if (!path.startsWith('/v1/')) continue
    for (const [method, { security }] of Object.entries(item)) {
      const needed = security?.[0]?.api_key[0]
      assert.ok(needed !== undefined && scopes.includes(needed), `${method} ${path} declares no scope`)
      const others = scopes.filter((scope) => !covers([scope], needed))
      const key = await createApiKey(server.services.db, { tenant_id: server.tenant_id, name: 'other', scopes: others })
      const answer = await server.api(method.toUpperCase(), path.replaceAll(/\{[^}]+\}/g, id), undefined, key)
      assert.equal(answer.status, 403, `${method} ${path} answers ${answer.status} without ${needed}`)
      assert.equal(answer.body.code, 'scope_missing')
      assert.equal(answer.body.required_scope, needed)
      assert.match(answer.body.detail, new RegExp(needed))
      assert.ok(page.includes(`<code>${needed}</code>`), `${needed} is not in the reference`)
      operations += 1
    }
  }
  assert.ok(operations > 15)
})

test('a scope to write includes reading the same, and nothing else', () => {
  assert.ok(covers(['runs:write'], 'runs:read'))
  assert.ok(!covers(['runs:read'], 'runs:write'))
  assert.ok(!covers(['connections:write'], 'credentials:read'))
  assert.ok(covers(['admin'], 'credentials:read'))
  const all = scopes.filter((scope) => scope !== 'admin')
  assert.ok(!covers(all, 'admin'))
})

test('nobody hands out more than they have', async (t) => {
  const server = await startTestServer(t)
  const { key } = await issue(server, { scopes: ['api_keys:write', 'runs:read'] })
  for (const scopes of [['admin'], ['runs:write'], ['runs:read', 'credentials:read']]) {
    const refused = await server.api('POST', '/v1/api_keys', { name: 'more', scopes }, key)
    assert.equal(refused.status, 403)
    assert.equal(refused.body.code, 'scope_missing')
  }
  const stronger = await issue(server, { scopes: ['credentials:read'] })
  assert.equal((await server.api('POST', `/v1/api_keys/${stronger.id}/rotate`, {}, key)).status, 403)
  await issue(server, { scopes: ['runs:read'] }, key)
  const { body } = await server.api('GET', '/v1/api_keys')
  assert.equal(body.data.length, 4)
})

test('a revoked key stops at once, with the console sessions that it opened', async (t) => {
  const server = await startTestServer(t)
  const { id, key } = await issue(server, { scopes: ['connections:read'] })
  const browser = createTestBrowser(server.base_url)
  assert.equal((await browser.post('/console/session', { api_key: key })).status, 204)
  assert.equal((await browser.open('/v1/connections')).status, 200)
  assert.equal((await browser.open('/v1/runs')).status, 403)
  const revoked = await server.api('DELETE', `/v1/api_keys/${id}`)
  assert.equal(revoked.status, 200)
  const refused = await server.api('GET', '/v1/connections', undefined, key)
  assert.deepEqual([refused.status, refused.body.code], [401, 'api_key_revoked'])
  assert.equal((await browser.open('/v1/connections')).status, 401)
  assert.equal((await browser.post('/console/session', { api_key: key })).status, 401)
  assert.deepEqual((await server.api('DELETE', `/v1/api_keys/${id}`)).body.revoked_at, revoked.body.revoked_at)
})

test('an expired key is told so, and an expiry in the past is refused', async (t) => {
  let now = new Date()
  const server = await startTestServer(t, { now: () => now })
  const expires_at = new Date(now.getTime() + HOUR_MS).toISOString()
  const { key } = await issue(server, { scopes: ['connections:read'], expires_at })
  assert.equal((await server.api('GET', '/v1/connections', undefined, key)).status, 200)
  now = new Date(now.getTime() + HOUR_MS + 1)
  const refused = await server.api('GET', '/v1/connections', undefined, key)
  assert.deepEqual([refused.status, refused.body.code], [401, 'api_key_expired'])
  const past = await server.api('POST', '/v1/api_keys', { name: 'late', scopes: ['runs:read'], expires_at })
  assert.equal(past.status, 422)
  assert.equal(past.body.errors[0].pointer, '/expires_at')
})

test('after a rotation both keys work until the overlap is over, and the old one is not rotated again', async (t) => {
  let now = new Date()
  const server = await startTestServer(t, { now: () => now })
  const old = await issue(server, { scopes: ['connections:read'] })
  const rotated = await server.api('POST', `/v1/api_keys/${old.id}/rotate`, { overlap_hours: 2 })
  assert.equal(rotated.status, 201)
  assert.deepEqual(rotated.body.scopes, old.scopes)
  assert.equal((await server.api('GET', `/v1/api_keys/${old.id}`)).body.rotated_to, rotated.body.id)
  const statuses = async () =>
    Promise.all(
      [old.key, rotated.body.key].map(
        async (key) => (await server.api('GET', '/v1/connections', undefined, key)).status,
      ),
    )
  assert.deepEqual(await statuses(), [200, 200])
  const again = await server.api('POST', `/v1/api_keys/${old.id}/rotate`, {})
  assert.deepEqual([again.status, again.body.code], [409, 'api_key_not_active'])
  now = new Date(now.getTime() + 2 * HOUR_MS)
  assert.deepEqual(await statuses(), [401, 200])

  const cut = await server.api('POST', `/v1/api_keys/${rotated.body.id}/rotate`, { overlap_hours: 0 })
  assert.equal(cut.status, 201)
  assert.equal((await server.api('GET', '/v1/connections', undefined, rotated.body.key)).status, 401)
  const { body: audit } = await server.api('GET', '/v1/audit_records')
  const actions = audit.data.map((record: { action: string }) => record.action)
  assert.ok(actions.includes('api_key.create') && actions.includes('api_key.rotate'), actions.join())
})

test('when a key was last used is written at the latest when the server stops, in one statement', async (t) => {
  const server = await startTestServer(t)
  const { id, key } = await issue(server, { scopes: ['connections:read'] })
  for (let call = 0; call < 5; call += 1) await server.api('GET', '/v1/connections', undefined, key)
  const lastUsed = async () => (await server.api('GET', `/v1/api_keys/${id}`)).body.last_used_at
  assert.equal(await lastUsed(), null)
  await server.services.api_keys.stop()
  assert.ok(Date.now() - Date.parse(await lastUsed()) < 60_000)
})
