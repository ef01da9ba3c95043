import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../testing/connect-story.ts'
import { startTestServer } from '../testing/test-server.ts'

test('a client secret is changed in place: the next refresh uses it, and its age is told', async (t) => {
  const server = await startTestServer(t)
  const { id } = server.integration
  const path = `/v1/integrations/${id}`
  const before = (await server.api('GET', path)).body
  const { connection_id: connection } = await connect(server)
  server.lab.addClient({
    client_id: before.client_id,
    client_secret: 'another-secret-0123456789',
    redirect_uris: [before.redirect_uri],
  })
  const refused = await server.api('POST', `/v1/connections/${connection}/refresh`)
  assert.notEqual(refused.status, 200)

  const changed = await server.api('PATCH', path, { client_secret: 'another-secret-0123456789' })
  assert.equal(changed.status, 200)
  assert.ok(changed.body.client_secret_changed_at >= before.client_secret_changed_at)
  assert.ok(!JSON.stringify(changed.body).includes('another-secret'))
  assert.equal((await server.api('POST', `/v1/connections/${connection}/refresh`)).status, 200)
})

test('settings are changed one by one, null takes them away, and what is not named stays', async (t) => {
  const server = await startTestServer(t)
  const path = `/v1/integrations/${server.integration.id}`
  const brand = { name: 'Acme' }
  const set = await server.api('PATCH', path, { name: 'Shop', brand, required_scopes: ['customers:read'] })
  assert.deepEqual([set.body.name, set.body.brand, set.body.required_scopes], ['Shop', brand, ['customers:read']])
  const cleared = await server.api('PATCH', path, { brand: null })
  assert.deepEqual(
    [cleared.body.name, cleared.body.brand, cleared.body.required_scopes],
    ['Shop', null, ['customers:read']],
  )
  assert.deepEqual((await server.api('PATCH', path, {})).body, cleared.body)

  const proofless = await server.api('PATCH', path, { token_endpoint_auth_method: 'private_key_jwt' })
  assert.deepEqual([proofless.status, proofless.body.code], [422, 'client_proof_missing'])
  assert.equal((await server.api('PATCH', path, { client_id: 'other' })).status, 422)
  assert.deepEqual((await server.api('GET', path)).body, cleared.body)
  const { body: audit } = await server.api('GET', '/v1/audit_records')
  const actions = audit.data.map(({ action }: { action: string }) => action)
  assert.ok(actions.includes('integration.update'))
})

test('an integration in use is not deleted; an unused one is, with its sessions', async (t) => {
  const server = await startTestServer(t)
  await connect(server)
  const used = await server.api('DELETE', `/v1/integrations/${server.integration.id}`)
  assert.deepEqual([used.status, used.body.code], [409, 'integration_in_use'])

  const { body: spare } = await server.api('POST', '/v1/integrations', {
    connector_id: 'source-lab',
    client_id: 'spare',
    client_secret: 's',
  })
  const session = { connector_id: 'source-lab', integration_id: spare.id }
  const { body: open } = await server.api('POST', '/v1/connect_sessions', session)
  assert.equal((await server.api('DELETE', `/v1/integrations/${spare.id}`)).status, 204)
  assert.equal((await server.api('GET', `/v1/integrations/${spare.id}`)).status, 404)
  assert.equal((await server.api('GET', `/v1/connect_sessions/${open.id}`)).status, 404)
  assert.equal((await server.api('DELETE', `/v1/integrations/${spare.id}`)).status, 404)
})

test('S47 another tenant’s integration is neither changed nor deleted, with the same answer as a missing one', async (t) => {
  const server = await startTestServer(t)
  const { body: other } = await server.api('POST', '/v1/tenants', { name: 'other' })
  const id = server.integration.id
  for (const method of ['PATCH', 'DELETE']) {
    const foreign = await server.api(
      method,
      `/v1/integrations/${id}`,
      method === 'PATCH' ? {} : undefined,
      other.api_key.key,
    )
    const missing = await server.api(
      method,
      '/v1/integrations/019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40',
      method === 'PATCH' ? {} : undefined,
      other.api_key.key,
    )
    assert.equal(foreign.status, 404)
    assert.deepEqual({ ...foreign.body, detail: '' }, { ...missing.body, detail: '' })
  }
})
