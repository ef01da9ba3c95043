// Whoever may change a connection, but not read its secrets, must not learn them by saying where they are sent.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { consent } from '@sluice/lab'
import { secret } from '@sluice/oauth'
import { createIntegration } from '../integrations/create-integration.ts'
import { redirectUri } from '../integrations/integration-record.ts'
import { connect } from '../testing/connect-story.ts'
import { createTestBrowser, readJson } from '../testing/test-browser.ts'
import { startTestServer } from '../testing/test-server.ts'
import { startWebhookReceiver } from '../testing/webhook-receiver.ts'

const MASK = '********'
const EDITOR = ['connections:write', 'runs:write', 'connect_sessions:write', 'integrations:write']

async function startHostedServer(t: TestContext) {
  const server = await startTestServer(t, {
    connectors: [
      fileURLToPath(new URL('../../../lab/connectors/source-lab/flow.yaml', import.meta.url)),
      fileURLToPath(new URL('../testing/connectors/hosted.flow.yaml', import.meta.url)),
    ],
  })
  const { lab, services, tenant_id } = server
  const { client_id, client_secret } = lab.addClient()
  const integration = { tenant_id, connector_id: 'source-hosted', client_id, client_secret: secret(client_secret) }
  const { id } = await createIntegration(services, integration)
  lab.addClient({ client_id, client_secret, redirect_uris: [redirectUri(services.base_url, id)] })
  const key = async (scopes: string[]) =>
    (await server.api('POST', '/v1/api_keys', { name: 'some', scopes })).body.key as string
  return {
    ...server,
    integration_id: id,
    editor: await key(EDITOR),
    reader: await key([...EDITOR, 'credentials:read']),
  }
}

const host = (url: string) => new URL(url).host
const told = ({ status, body }: { status: number; body: { code?: string; errors?: { pointer: string }[] } }) => [
  status,
  body.code,
  body.errors?.map(({ pointer }) => pointer),
]

test('a key that reads no credentials cannot have a kept secret sent to another host', async (t) => {
  const server = await startHostedServer(t)
  const [owner, thief] = [await startWebhookReceiver(t), await startWebhookReceiver(t)]
  const config = { password: 'p4ssword-canary', host: host(owner.url), note: 'a' }
  const { body: made } = await server.api('POST', '/v1/connections', { connector_id: 'source-hosted', config })
  const path = `/v1/connections/${made.id}`
  const patch = (changed: object, key = server.editor) =>
    server.api('PATCH', path, { config: { ...made.config, ...changed } }, key)

  const elsewhere: [object, string][] = [
    [{ host: host(thief.url) }, '/config/host'],
    [{ api: thief.url }, '/config/api'],
    [{ door: thief.url }, '/config/door'],
    [{ shop: 'evil' }, '/config/shop'],
    [{ mirrors: [{ url: thief.url }] }, '/config/mirrors/0/url'],
    [{ base_url: thief.url }, '/config/base_url'],
    [{ proxy: { via: thief.url } }, '/config/proxy/via'],
    [{ host: undefined }, '/config/host'],
  ]
  for (const [changed, pointer] of elsewhere) {
    const refused = await patch(changed)
    assert.deepEqual(told(refused), [422, 'secret_destination_changed', [pointer, '/config/password']])
    assert.match(refused.body.detail, /again.*credentials:read/)
  }
  assert.deepEqual((await server.api('GET', path)).body, made)
  await server.api('POST', `${path}/test`, undefined, server.editor)
  assert.deepEqual([thief.received.length, owner.received.length > 0], [0, true])

  // What decides nothing is changed with the secret kept; a secret that is sent again goes where the sender says.
  for (const harmless of [{ note: 'b' }, { phone_server: 'x' }, { replica_server: 'second' }]) {
    assert.equal((await patch(harmless)).status, 200, JSON.stringify(harmless))
  }
  assert.equal((await patch({ host: host(thief.url), password: 'another' })).status, 200)
  assert.equal((await patch({ host: host(owner.url) }, server.reader)).status, 200)
  assert.equal((await patch({ host: host(thief.url) }, server.api_key)).status, 200)
  assert.ok(!thief.received.some(({ body }) => body.includes('canary')))
})

test('entries of a list that change places take no kept secret with them', async (t) => {
  const server = await startHostedServer(t)
  const mirrors = [
    { url: 'https://one.example', key: 'key-one' },
    { url: 'https://two.example', key: 'key-two' },
  ]
  const config = { password: 'p', mirrors }
  const { body: made } = await server.api('POST', '/v1/connections', { connector_id: 'source-hosted', config })
  const [one, two] = made.config.mirrors
  const path = `/v1/connections/${made.id}`
  const swapped = await server.api('PATCH', path, { config: { ...made.config, mirrors: [two, one] } }, server.editor)
  assert.equal(swapped.body.code, 'secret_destination_changed')
  const kept = await server.api('PATCH', path, { config: { ...made.config, note: 'n' } }, server.editor)
  assert.equal(kept.status, 200)
  const read = await server.api('GET', `${path}/credentials`)
  assert.deepEqual(read.body.credentials.mirrors, mirrors)
})

test('tokens of a grant are not sent elsewhere either, and a repair keeps no secret for another host', async (t) => {
  const server = await startHostedServer(t)
  const config = { password: 'p4ssword-canary', host: 'one.example', api: 'https://one.example', shop: 'ours' }
  const invite = (body: object, key = server.editor) => server.api('POST', '/v1/connect_sessions', body, key)
  const { body: session } = await invite({ connector_id: 'source-hosted', config })
  const browser = createTestBrowser(server.base_url)
  const link = new URL(session.url).pathname
  const masked = { ...config, password: MASK }
  assert.deepEqual((await readJson(await browser.open(`${link}/session`))).config, masked)

  // The person holds a link: what stands prefilled and masked is not theirs to direct.
  const authorize = async (sent: object) => {
    const response = await browser.post(`${link}/authorize`, { config: sent })
    return { status: response.status, body: await readJson(response) }
  }
  const moved = await authorize({ ...masked, host: 'evil.example', shop: 'evil' })
  const pointers = ['/config/host', '/config/shop', '/config/password']
  assert.deepEqual(told(moved), [422, 'secret_destination_changed', pointers])
  assert.doesNotMatch(moved.body.detail, /credentials:read/)
  assert.equal((await authorize({ ...masked, password: 'their own', host: 'mine.example' })).status, 200)
  const form = new URLSearchParams({ ...masked, host: 'evil.example' })
  const plain = await browser.open(link, { method: 'POST', body: form })
  assert.equal(plain.status, 422)
  assert.match(await plain.text(), /password.*again/s)

  const { body: start } = await authorize(masked)
  await browser.open(await consent(start.authorization_url, { decision: 'allow' }))
  const { id: connection_id, ...connection } = (await readJson(await browser.open(`${link}/session`))).connection
  assert.equal(connection.status, 'healthy')

  const path = `/v1/connections/${connection_id}`
  const patch = (changed: object, key?: string) => server.api('PATCH', path, { config: { ...masked, ...changed } }, key)
  const withSecret = await patch({ api: 'https://evil.example', password: 'another' }, server.editor)
  assert.deepEqual(told(withSecret), [422, 'secret_destination_changed', ['/config/api']])
  assert.match(withSecret.body.detail, /authorize again.*credentials:read/)
  assert.equal((await patch({ note: 'n' }, server.editor)).status, 200)
  assert.equal((await patch({ api: 'https://two.example' }, server.reader)).status, 200)

  const repair = (changed: object, key?: string) => invite({ connection_id, config: changed }, key)
  const refused = await repair({ host: 'evil.example' })
  assert.deepEqual(told(refused), [422, 'secret_destination_changed', ['/config/host', '/config/password']])
  assert.equal((await repair({ host: 'two.example' }, server.reader)).status, 201)
  assert.equal((await repair({ host: 'two.example', password: 'another' })).status, 201)
  assert.equal((await repair({ note: 'again', password: MASK })).status, 201)
  const nothing = await invite({ connector_id: 'source-hosted', config: { password: MASK } })
  assert.deepEqual(told(nothing), [422, 'nothing_masked', ['/config/password']])
})

test('neither the client secret nor refresh tokens go to an issuer that a key names which reads no credentials', async (t) => {
  const server = await startHostedServer(t)
  const registration = { connector_id: 'source-hosted', client_id: 'own', client_secret: 'client-secret-canary' }
  const { body: made } = await server.api('POST', '/v1/integrations', registration)
  const path = `/v1/integrations/${made.id}`
  const refused = await server.api('PATCH', path, { issuer: 'https://evil.example' }, server.editor)
  assert.deepEqual(told(refused), [422, 'secret_destination_changed', ['/issuer', '/client_secret']])
  assert.deepEqual((await server.api('GET', path)).body, made)
  const own = { issuer: 'https://mine.example', client_secret: 'sent again' }
  assert.equal((await server.api('PATCH', path, own, server.editor)).status, 200)
  assert.equal((await server.api('PATCH', path, { issuer: 'https://two.example' }, server.reader)).status, 200)

  await connect(server)
  const used = await server.api('PATCH', `/v1/integrations/${server.integration.id}`, own, server.editor)
  assert.deepEqual(told(used), [422, 'secret_destination_changed', ['/issuer', '/issuer']])
})
