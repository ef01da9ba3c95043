import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApiKey } from './api-keys/create-api-key.ts'
import { connect, createLink } from './testing/connect-story.ts'
import { createTestBrowser } from './testing/test-browser.ts'
import { startTestServer, type TestServer } from './testing/test-server.ts'
import { uuidv7 } from './uuid.ts'

async function anotherTenant(server: TestServer): Promise<{ id: string; api_key: string }> {
  const id = uuidv7()
  await server.services.db.insertInto('tenants').values({ id, name: 'another' }).execute()
  return { id, api_key: await createApiKey(server.services.db, { tenant_id: id, name: 'its key' }) }
}

test('S47 another tenant’s ids are answered exactly as ids that do not exist', async (t) => {
  const server = await startTestServer(t)
  const { connection_id, link } = await connect(server)
  const { body: run } = await server.api('POST', '/v1/runs?wait=20', { connection_id, operation: 'spec' })
  const other = await anotherTenant(server)
  const paths = [
    ['/v1/connections', connection_id],
    ['/v1/integrations', server.integration.id],
    ['/v1/connect_sessions', link.session_id],
    ['/v1/runs', run.id],
  ]
  for (const [path, id = ''] of paths) {
    const missing = uuidv7()
    const foreign = await server.api('GET', `${path}/${id}`, undefined, other.api_key)
    const unknown = await server.api('GET', `${path}/${missing}`, undefined, other.api_key)
    assert.equal(foreign.status, 404)
    assert.deepEqual(foreign.body, JSON.parse(JSON.stringify(unknown.body).replaceAll(missing, id)))
  }
  for (const list of ['/v1/connections', '/v1/integrations', '/v1/runs']) {
    assert.deepEqual((await server.api('GET', list, undefined, other.api_key)).body.data, [])
  }
  const launched = await server.api('POST', '/v1/runs', { connection_id, operation: 'spec' }, other.api_key)
  assert.equal(launched.status, 404)
})

test('S8 a tenant cannot name another tenant’s integration', async (t) => {
  const server = await startTestServer(t)
  const other = await anotherTenant(server)
  const created = await server.api(
    'POST',
    '/v1/connect_sessions',
    { connector_id: 'source-lab', integration_id: server.integration.id },
    other.api_key,
  )
  assert.equal(created.status, 404)
  assert.equal(created.body.code, 'integration_not_found')
})

test('S12 a return address that is not exactly on the integration’s list is refused', async (t) => {
  const server = await startTestServer(t)
  const allowed = 'https://customer.example/done'
  const refused = [
    '//evil.example',
    '/\\evil.example',
    'https://customer.example/done%0d%0aSet-Cookie:x',
    'javascript:alert(1)',
    `${allowed}/`,
    `${allowed}?x=1`,
    'https://customer.example.evil.example/done',
    'https://user@customer.example/done',
  ]
  for (const return_to of refused) {
    const created = await server.api('POST', '/v1/connect_sessions', { connector_id: 'source-lab', return_to })
    assert.equal(created.status, 422, return_to)
    assert.equal(created.body.code, 'return_to_not_allowed')
  }
  await createLink(server, { return_to: allowed })
})

test('S46 keys are compared as digests of one length, whatever length they are sent in', async (t) => {
  const server = await startTestServer(t)
  const key = server.api_key
  const wrong = [key.slice(0, -1), `${key}A`, key.slice(0, 20), '', 'sluice_', 'x'.repeat(5000), key.toLowerCase()]
  for (const candidate of wrong) {
    assert.equal((await server.api('GET', '/v1/connections', undefined, candidate)).status, 401)
  }
  const [{ hash } = { hash: Buffer.alloc(0) }] = await server.services.db
    .selectFrom('api_keys')
    .select('hash')
    .execute()
  assert.equal(hash.length, 32)
  assert.equal((await server.api('GET', '/v1/connections')).status, 200)
})

test('S51 an anonymous caller is told 401 before anything of its request is read', async (t) => {
  const server = await startTestServer(t)
  const inlineSpec = { connector_id: 'source-lab', spec: { authUrlTemplate: 'https://evil.example' } }
  for (const path of ['/v1/connect_sessions', '/v1/integrations', '/v1/runs', '/v1/connectors/source-lab/validate']) {
    const anonymous = await server.api('POST', path, inlineSpec, null)
    assert.equal(anonymous.status, 401)
    assert.equal(anonymous.body.code, 'not_authenticated')
  }
  const withKey = await server.api('POST', '/v1/connect_sessions', inlineSpec)
  assert.equal(withKey.status, 422)
})

test('a body that is not JSON, of another media type, too large or of wrong shape is a typed problem', async (t) => {
  const server = await startTestServer(t)
  const send = (body: string, type = 'application/json') =>
    fetch(new URL('/v1/connect_sessions', server.base_url), {
      method: 'POST',
      headers: { authorization: `Bearer ${server.api_key}`, 'content-type': type },
      body,
    })
  const cases: [string, string | undefined, number][] = [
    ['{', undefined, 400],
    ['connector_id=x', 'application/x-www-form-urlencoded', 415],
    [JSON.stringify({ connector_id: 'x'.repeat(1_100_000) }), undefined, 413],
    ['{}', undefined, 422],
    ['[]', undefined, 422],
    [JSON.stringify({ connector_id: 'source-lab', unknown_field: 1 }), undefined, 422],
  ]
  for (const [body, type, status] of cases) {
    const response = await send(body, type)
    assert.equal(response.status, status, body.slice(0, 40))
    assert.equal(response.headers.get('content-type'), 'application/problem+json')
  }
  assert.equal((await server.api('GET', '/v1/connections/not-a-uuid')).status, 422)
  assert.equal((await server.api('GET', '/v1/connections?cursor=nonsense')).status, 422)
  assert.equal((await server.api('GET', '/v1/nothing')).status, 404)
  assert.equal((await server.api('POST', '/v1/connect_sessions', { connector_id: 'source-nothing' })).status, 404)
})

test('NUL characters, lone surrogates and bottomless nesting are refused by name, not by a fault', async (t) => {
  const server = await startTestServer(t)
  const { path } = await createLink(server)
  for (const id of ['a\0b', 'a\ud800b']) {
    const session = await server.api('POST', '/v1/connect_sessions', { connector_id: 'source-lab', end_user: { id } })
    assert.equal(session.status, 422)
    assert.equal(session.body.errors[0].pointer, '/end_user/id')
    const registration = { connector_id: 'source-lab', client_secret: 'x' }
    for (const wrong of [{ client_id: id }, { client_id: 'x', name: id }]) {
      assert.equal((await server.api('POST', '/v1/integrations', { ...registration, ...wrong })).status, 422)
    }
  }
  const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`
  const send = (url: string, body: string, headers: Record<string, string>) =>
    fetch(new URL(url, server.base_url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
  const anonymous = await send(`${path}/authorize`, `{"config":{"zz":${deep}}}`, { 'sec-fetch-site': 'same-origin' })
  assert.equal(anonymous.status, 422)
  const authorization = `Bearer ${server.api_key}`
  const created = await send('/v1/connect_sessions', `{"connector_id":"source-lab","config":{"zz":${deep}}}`, {
    authorization,
  })
  assert.equal(created.status, 422)
})

test('connectors tell their spec and validate configs', async (t) => {
  const server = await startTestServer(t)
  const { body: list } = await server.api('GET', '/v1/connectors')
  assert.deepEqual(
    list.data.map(({ id, oauth }: { id: string; oauth: object }) => ({ id, oauth })),
    [{ id: 'source-lab', oauth: { provider: 'lab' } }],
  )
  const { body: spec } = await server.api('GET', '/v1/connectors/source-lab/spec')
  assert.equal(spec.config_schema.type, 'object')
  assert.deepEqual(spec.resource_path_pointers, ['/stream'])
  const { body: invalid } = await server.api('POST', '/v1/connectors/source-lab/validate', {
    config: { region: 'europe', page_size: 0 },
  })
  assert.equal(invalid.valid, false)
  assert.ok(invalid.errors.some(({ pointer }: { pointer: string }) => pointer === '/page_size'))
})

test('lists are pages with a cursor, newest first', async (t) => {
  const server = await startTestServer(t)
  for (const name of ['a', 'b', 'c']) {
    const created = await server.api('POST', '/v1/integrations', {
      connector_id: 'source-lab',
      name,
      client_id: name,
      client_secret: 'a-secret-of-ours',
    })
    assert.equal(created.status, 201)
    assert.ok(!JSON.stringify(created.body).includes('a-secret-of-ours'))
  }
  const first = (await server.api('GET', '/v1/integrations?limit=2')).body
  assert.deepEqual(
    first.data.map(({ name }: { name: string }) => name),
    ['c', 'b'],
  )
  const second = (await server.api('GET', `/v1/integrations?limit=2&cursor=${first.next_cursor}`)).body
  assert.equal(second.data[0].name, 'a')
  assert.equal(second.data.length, 2)
  assert.equal(second.next_cursor, null)
})

test('the console’s cookie serves in place of a key, from the same site only, until signing out', async (t) => {
  const server = await startTestServer(t)
  const browser = createTestBrowser(server.base_url)
  assert.equal((await browser.open('/console/session')).status, 401)
  assert.equal((await browser.post('/console/session', { api_key: 'sluice_wrong' })).status, 401)
  assert.equal((await browser.post('/console/session', { api_key: server.api_key })).status, 204)
  assert.equal((await browser.open('/v1/connections')).status, 200)
  const crossSite = await browser.open('/v1/connect_sessions', {
    method: 'POST',
    headers: { 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' },
    body: '{"connector_id":"source-lab"}',
  })
  assert.equal(crossSite.status, 403)
  assert.equal((await browser.post('/v1/connect_sessions', { connector_id: 'source-lab' })).status, 201)
  const cookies = new Map(browser.cookies)
  assert.equal((await browser.open('/console/session', { method: 'DELETE' })).status, 204)
  for (const [name, value] of cookies) browser.cookies.set(name, value)
  assert.equal((await browser.open('/v1/connections')).status, 401)
})

test('health, the API document and its page answer without a key', async (t) => {
  const server = await startTestServer(t)
  assert.equal((await server.api('GET', '/health/live', undefined, null)).body.status, 'ok')
  assert.equal((await server.api('GET', '/health/ready', undefined, null)).body.status, 'ok')
  const { body: document } = await server.api('GET', '/openapi.json', undefined, null)
  assert.equal(document.openapi, '3.1.0')
  assert.ok(document.paths['/v1/runs'].post)
  const page = await fetch(new URL('/reference', server.base_url))
  assert.match(await page.text(), /\/v1\/connect_sessions/)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
})
