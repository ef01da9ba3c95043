import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { connect, createLink, startAuthorization } from '../testing/connect-story.ts'
import { createTestBrowser, readJson } from '../testing/test-browser.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

/** An integration that names the lab as its issuer, registered there with its own redirect URI. */
async function addIntegration(server: TestServer, more: Record<string, unknown> = {}, metadata = {}) {
  const { client_id, client_secret } = server.lab.addClient()
  const body = { connector_id: 'source-lab', client_id, client_secret, issuer: server.lab.origin, ...more }
  const created = await server.api('POST', '/v1/integrations', body)
  assert.equal(created.status, 201, JSON.stringify(created.body))
  server.lab.addClient({ client_id, client_secret, redirect_uris: [created.body.redirect_uri], metadata })
  return { integration_id: created.body.id, client_id, integration: created.body }
}

async function start(server: TestServer, integration_id: string) {
  const link = await createLink(server, { integration_id })
  const browser = createTestBrowser(server.base_url)
  const url = await startAuthorization(browser, link)
  return { link, browser, url }
}

test('an integration that names its issuer sends the request to the provider, and the browser carries a reference', async (t) => {
  const server = await startTestServer(t)
  const { integration_id, integration } = await addIntegration(server)
  assert.equal(integration.issuer, server.lab.origin)
  const { url } = await start(server, integration_id)
  assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri'])
  const { connection_id } = await connect(server, { integration_id })
  assert.equal((await server.api('GET', `/v1/connections/${connection_id}`)).body.status, 'healthy')
})

test('S9 a callback with the wrong iss, or without the promised one, ends before any token request, also with error=', async (t) => {
  const server = await startTestServer(t)
  const { integration_id } = await addIntegration(server)
  for (const iss of ['https://attacker.example', `${server.lab.origin}/`, null]) {
    for (const decision of ['allow', 'deny'] as const) {
      const { link, browser, url } = await start(server, integration_id)
      const callback = await consent(url, { decision })
      assert.equal(callback.searchParams.get('iss'), server.lab.origin)
      if (iss === null) callback.searchParams.delete('iss')
      else callback.searchParams.set('iss', iss)
      assert.equal((await browser.open(callback)).status, 303)
      const session = await readJson(await browser.open(`${link.path}/session`))
      assert.deepEqual([session.status, session.error.code], ['open', 'issuer_mismatch'])
    }
  }
  assert.equal(server.lab.token_requests, 0)
})

test('an integration proves its client by a key, which nobody gets to read', async (t) => {
  const server = await startTestServer(t, { standards: ['client_assertions'] })
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const metadata = {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [publicKey.export({ format: 'jwk' })] },
  }
  const key = { signing_key: { private_key }, client_secret: undefined, token_endpoint_auth_method: 'private_key_jwt' }
  const { integration_id, integration } = await addIntegration(server, key, metadata)
  assert.equal(JSON.stringify(integration).includes('PRIVATE'), false)
  await connect(server, { integration_id })

  const refused = async (more: object) => {
    const body = { connector_id: 'source-lab', client_id: 'c', ...more }
    const { status, body: problem } = await server.api('POST', '/v1/integrations', body)
    return [status, problem.code]
  }
  assert.deepEqual(await refused({ token_endpoint_auth_method: 'private_key_jwt' }), [422, 'client_proof_missing'])
  assert.deepEqual(await refused({ signing_key: { private_key: 'nonsense' } }), [422, 'invalid_client_key'])
})
