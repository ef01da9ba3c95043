import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { connect } from '../testing/connect-story.ts'
import { tablesWith } from '../testing/row-of-each-table.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { uuidv7 } from '../uuid.ts'

async function create(server: TestServer, name: string) {
  const { status, body } = await server.api('POST', '/v1/tenants', { name })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

test('an operator creates a tenant with its first key, renames it, and lists all', async (t) => {
  const server = await startTestServer(t)
  const acme = await create(server, 'Acme')
  const own = await server.api('POST', '/v1/api_keys', { name: 'second', scopes: ['runs:read'] }, acme.api_key.key)
  assert.equal(own.status, 201)
  assert.equal((await server.api('PATCH', `/v1/tenants/${acme.id}`, { name: 'Acme Ltd' })).body.name, 'Acme Ltd')
  assert.equal((await server.api('GET', `/v1/tenants/${acme.id}`)).body.name, 'Acme Ltd')
  const { body: list } = await server.api('GET', '/v1/tenants')
  assert.deepEqual(
    list.data.map(({ name }: { name: string }) => name),
    ['Acme Ltd', 'default'],
  )
  assert.ok(!JSON.stringify(list).includes('sluice_'))
  assert.equal((await server.api('GET', `/v1/tenants/${uuidv7()}`)).status, 404)
})

test('a tenant’s own key reaches no tenant, its own neither, and cannot make itself an operator', async (t) => {
  const server = await startTestServer(t)
  const acme = await create(server, 'Acme')
  const key = acme.api_key.key
  const attempts: [string, string, unknown][] = [
    ['GET', '/v1/tenants', undefined],
    ['GET', `/v1/tenants/${acme.id}`, undefined],
    ['PATCH', `/v1/tenants/${acme.id}`, { name: 'x' }],
    ['DELETE', `/v1/tenants/${server.tenant_id}`, undefined],
    ['POST', '/v1/tenants', { name: 'x' }],
    ['POST', '/v1/api_keys', { name: 'x', scopes: ['admin'] }],
  ]
  for (const [method, path, body] of attempts) {
    const refused = await server.api(method, path, body, key)
    assert.deepEqual([refused.status, refused.body.code], [403, 'scope_missing'], `${method} ${path}`)
  }
})

test('S47 keys of other tenants are answered exactly as keys that do not exist', async (t) => {
  const server = await startTestServer(t)
  const acme = await create(server, 'Acme')
  const mine = (await server.api('GET', '/v1/api_keys')).body.data[0].id
  const missing = 'a'.repeat(12)
  for (const [method, suffix] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/rotate'],
  ] as const) {
    const body = method === 'POST' ? {} : undefined
    const foreign = await server.api(method, `/v1/api_keys/${mine}${suffix}`, body, acme.api_key.key)
    const unknown = await server.api(method, `/v1/api_keys/${missing}${suffix}`, body, acme.api_key.key)
    assert.equal(foreign.status, 404)
    assert.deepEqual(foreign.body, JSON.parse(JSON.stringify(unknown.body).replaceAll(missing, mine)))
  }
  assert.equal((await server.api('GET', '/v1/api_keys', undefined, acme.api_key.key)).body.data.length, 1)
  assert.equal((await server.api('GET', '/v1/connections')).status, 200)
})

test('a deleted tenant leaves no row but its audit chain, and its keys stop at once', async (t) => {
  const server = await startTestServer(t)
  await connect(server)
  const operator = await create(server, 'Operations')
  const scopes = ['admin']
  const { key } = (await server.api('POST', '/v1/api_keys', { name: 'x', scopes })).body
  const own = await server.api('DELETE', `/v1/tenants/${server.tenant_id}`, undefined, key)
  assert.deepEqual([own.status, own.body.code], [409, 'own_tenant'])

  // The operator's key moves to the new tenant, so that the one with all the rows can be deleted.
  const { db } = server.services
  await db
    .updateTable('api_keys')
    .set({ scopes: ['admin'] })
    .where('id', '=', operator.api_key.id)
    .execute()
  server.services.api_keys.forget(operator.api_key.id)
  const path = `/v1/tenants/${server.tenant_id}`
  const refused = await server.api('DELETE', path, undefined, operator.api_key.key)
  assert.deepEqual([refused.status, refused.body.code], [409, 'tenant_has_connections'])
  const deleted = await server.api('DELETE', `${path}?connections=delete`, undefined, operator.api_key.key)
  assert.equal(deleted.status, 200, JSON.stringify(deleted.body))

  const anyTable = db as unknown as Kysely<never>
  for (const table of await tablesWith(anyTable, 'tenant_id')) {
    const { rows } = await sql`select from ${sql.table(table)} where tenant_id = ${server.tenant_id}`.execute(anyTable)
    if (!table.startsWith('audit_')) assert.equal(rows.length, 0, table)
  }
  assert.equal((await server.api('GET', '/v1/connections', undefined, key)).status, 401)
  assert.equal((await server.api('GET', path, undefined, operator.api_key.key)).status, 404)
})
