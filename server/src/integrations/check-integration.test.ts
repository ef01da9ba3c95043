import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '../testing/test-server.ts'

test('a check proves the redirect URI in the authorization URL, and in what is pushed to the provider', async (t) => {
  const server = await startTestServer(t)
  const check = async (id: string) => (await server.api('POST', `/v1/integrations/${id}/check`)).body
  const plain = await check(server.integration.id)
  assert.deepEqual([plain.equal, plain.sent_by, plain.sent], [true, 'authorization_url', plain.redirect_uri])
  assert.equal(plain.authorization_endpoint, `${server.lab.origin}/auth`)

  const { client_id, client_secret } = server.lab.addClient()
  const body = { connector_id: 'source-lab', client_id, client_secret, issuer: server.lab.origin }
  const { body: integration } = await server.api('POST', '/v1/integrations', body)
  const unregistered = await check(integration.id)
  assert.deepEqual([unregistered.equal, unregistered.sent], [null, null], 'the provider refuses what is not registered')
  assert.ok(unregistered.error.code)
  assert.ok(!JSON.stringify(unregistered).includes(client_secret))
  server.lab.addClient({ client_id, client_secret, redirect_uris: [integration.redirect_uri] })
  const pushed = await check(integration.id)
  assert.deepEqual([pushed.equal, pushed.sent_by], [true, 'request_to_provider'])

  const rows = await server.services.db.selectFrom('pending_authorizations').selectAll().execute()
  assert.deepEqual(rows, [], 'nothing is left of it')
})

test('the integration of another tenant cannot be checked', async (t) => {
  const server = await startTestServer(t)
  const { body: other } = await server.api('POST', '/v1/tenants', { name: 'other' })
  const path = `/v1/integrations/${server.integration.id}/check`
  assert.equal((await server.api('POST', path, undefined, other.api_key.key)).status, 404)
})

test('diagnostics are for admins, and hold nothing secret', async (t) => {
  const server = await startTestServer(t)
  const { status, body } = await server.api('GET', '/v1/diagnostics')
  assert.equal(status, 200)
  assert.deepEqual(body.database.migrations.missing, [])
  assert.ok(Math.abs(body.database.clock_offset_ms) < 2000)
  for (const secret of [server.api_key, server.client_secret, server.database_url]) {
    assert.ok(!JSON.stringify(body).includes(secret))
  }
  const { body: other } = await server.api('POST', '/v1/tenants', { name: 'other' })
  assert.equal((await server.api('GET', '/v1/diagnostics', undefined, other.api_key.key)).status, 403)
})
