// Connections whose tokens the integration's client gets for itself: no person, no refresh token.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startInstallationStandIn, startLab } from '@sluice/lab'
import { defer } from '../testing/defer.ts'
import { isAlive } from '../testing/lab-tokens.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const LAB_CONNECTOR = fileURLToPath(new URL('../../../lab/connectors/source-lab/flow.yaml', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../testing/connectors/bearer.ts', import.meta.url))

/** A flow.yaml of the connector, with a provider declaration beside it. */
async function writeSource(t: TestContext, api_url: string, declaration: object): Promise<string> {
  const directory = temporaryDirectory(t)
  const local = { protocol: 'flow', command: [process.execPath, PROGRAM], env: { API_URL: api_url } }
  const endpoint = { local: { ...local, provider: './acme.yaml' } }
  await writeFile(join(directory, 'acme.yaml'), JSON.stringify({ provider: 'acme', title: 'Acme', ...declaration }))
  await writeFile(join(directory, 'flow.yaml'), JSON.stringify({ captures: { 'acme/source-acme': { endpoint } } }))
  return join(directory, 'flow.yaml')
}

async function integrate(server: TestServer, registration: object): Promise<string> {
  const body = { connector_id: 'source-acme', ...registration }
  const created = await server.api('POST', '/v1/integrations', body)
  assert.equal(created.status, 201, JSON.stringify(created.body))
  return created.body.id
}

const credentialsOf = async (server: TestServer, id: string) =>
  (await server.api('GET', `/v1/connections/${id}/credentials`)).body

test('a client connects by its own credentials, and gets the next token as it got the first', async (t) => {
  const clock = { ahead: 0 }
  const lab = await startLab({ standards: ['client_credentials'], access_token_seconds: 600 })
  defer(t, () => lab.close())
  const path = await writeSource(t, `${lab.origin}/api/me`, {
    scopes: { default: ['orders:read'] },
    token: { url: `${lab.origin}/token`, client_authentication: 'client_secret_basic' },
    grants: { client_credentials: {} },
    revocation: { url: `${lab.origin}/token/revocation`, token: 'access_token' },
  })
  const { client_id, client_secret } = lab.addClient({
    metadata: { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
  })
  const server = await startTestServer(t, {
    connectors: [LAB_CONNECTOR, path],
    now: () => new Date(Date.now() + clock.ahead),
  })
  const integration_id = await integrate(server, { client_id, client_secret })
  const body = { connector_id: 'source-acme', config: {}, grant_type: 'client_credentials' }
  const made = await server.api('POST', '/v1/connections', body)
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.deepEqual([made.body.integration_id, made.body.status], [integration_id, 'healthy'])
  assert.deepEqual(made.body.scopes, ['orders:read'])
  assert.equal(made.body.act_by, null)

  const session = await server.api('POST', '/v1/connect_sessions', { connector_id: 'source-acme' })
  assert.deepEqual([session.status, session.body.code], [422, 'no_consent_page'])
  assert.match(session.body.detail, /client_credentials/)

  const first = await credentialsOf(server, made.body.id)
  assert.equal(await isAlive(lab, { client_id, client_secret }, first.access_token), true)
  clock.ahead = 590_000
  const second = await credentialsOf(server, made.body.id)
  assert.notEqual(second.access_token, first.access_token)
  assert.equal(second.version, first.version + 1)
  const forced = await server.api('POST', `/v1/connections/${made.body.id}/refresh`)
  assert.deepEqual([forced.status, forced.body.refreshed], [200, true])

  const third = await credentialsOf(server, made.body.id)
  const deleted = await server.api('DELETE', `/v1/connections/${made.body.id}`)
  assert.equal(deleted.status, 200, JSON.stringify(deleted.body))
  assert.equal(await isAlive(lab, { client_id, client_secret }, third.access_token), false)
})

test('an installed app connects by its key, and comes back by itself after it was shut out', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const apps = { 'app-1': publicKey }
  const clock = { ahead: 0 }
  const now = () => new Date(Date.now() + clock.ahead)
  const standIn = await startInstallationStandIn({ apps, installations: { '42': 'app-1', '43': 'app-2' }, now })
  defer(t, () => standIn.close())
  const { origin } = standIn
  const path = await writeSource(t, `${origin}/installation/repositories`, {
    config: { installation_id: { title: 'Installation', example: '42', pattern: '[0-9]+' } },
    token: {
      url: `${origin}/app/installations/{{config.installation_id}}/access_tokens`,
      body: 'json',
      client_authentication: 'anonymous',
      headers: { authorization: 'Bearer {{assertion}}' },
      response: {
        access_token: '/token',
        expires_at: '/expires_at',
        error: { code: '/status', description: '/message' },
        verdicts: { '404': 'reauthorize' },
      },
    },
    grants: {
      jwt_bearer: {
        parameters: { grant_type: null, assertion: null },
        assertion: { lifetime_seconds: 540, backdated_seconds: 60, claims: { sub: null, aud: null, jti: null } },
      },
    },
    api: { base_url: origin, test: { path: '/installation/repositories' } },
  })
  const server = await startTestServer(t, {
    connectors: [LAB_CONNECTOR, path],
    now,
  })
  const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await integrate(server, { client_id: 'app-1', signing_key: { private_key } })
  const connect = (config: object, more: object = {}) =>
    server.api('POST', '/v1/connections', { connector_id: 'source-acme', config, grant_type: 'jwt_bearer', ...more })

  const made = await connect({ installation_id: '42' })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const { access_token } = await credentialsOf(server, made.body.id)
  assert.equal(standIn.isAlive(access_token), true)
  const tested = await server.api('POST', `/v1/connections/${made.body.id}/test`)
  assert.equal(tested.body.passed, true, JSON.stringify(tested.body))
  assert.ok(!server.logs.join('').includes(access_token))

  const foreign = await connect({ installation_id: '43' })
  assert.deepEqual([foreign.status, foreign.body.code], [502, 'invalid_grant'], JSON.stringify(foreign.body))
  assert.equal((await server.api('GET', '/v1/connections')).body.data.length, 1)

  standIn.uninstall('42')
  clock.ahead = 3_700_000
  const shut = await server.api('GET', `/v1/connections/${made.body.id}/credentials`)
  assert.deepEqual([shut.status, shut.body.code], [409, 'reauthorization_required'])
  standIn.install('42', 'app-1')
  clock.ahead += 3_600_000
  const again = await credentialsOf(server, made.body.id)
  assert.equal(standIn.isAlive(again.access_token), true)
  assert.equal((await server.api('GET', `/v1/connections/${made.body.id}`)).body.status, 'healthy')
})

test('a grant that nobody declares is not tried, nor one beside tokens', async (t) => {
  const server = await startTestServer(t)
  const config = { region: 'europe' }
  const ask = async (more: object) => {
    const { status, body } = await server.api('POST', '/v1/connections', {
      connector_id: 'source-lab',
      config,
      ...more,
    })
    return [status, body.code]
  }
  assert.deepEqual(await ask({ grant_type: 'client_credentials' }), [422, 'grant_not_offered'])
  assert.deepEqual(await ask({ grant_type: 'jwt_bearer' }), [422, 'grant_not_offered'])
  assert.deepEqual(await ask({ grant_type: 'password' }), [422, 'invalid_request'])
  assert.deepEqual(await ask({ grant_type: 'jwt_bearer', grant: { refresh_token: 'r' } }), [422, 'invalid_request'])
  assert.equal(server.lab.token_requests, 0)
})
