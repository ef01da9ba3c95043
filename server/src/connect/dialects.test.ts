// Connectors whose OAuth another dialect than Flow's says, through the same pages.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { configWithCredentials, isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { consent, startLab, startOAuth1Lab } from '@sluice/lab'
import { offered, protocolOf } from '@sluice/launcher'
import { findConnection, openConfig } from '../connections/connection.ts'
import { findConnector } from '../connectors/find-connector.ts'
import { readGrant } from '../grants/grant.ts'
import { openOAuthClient } from '../integrations/find-integration.ts'
import { createLink, startAuthorization } from '../testing/connect-story.ts'
import { defer } from '../testing/defer.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { createTestBrowser, readJson } from '../testing/test-browser.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const CONNECTORS = fileURLToPath(new URL('../../../lab/connectors', import.meta.url))

/** A flow.yaml of one connector of the lab, with a provider declaration beside it. */
async function writeSource(
  t: TestContext,
  local: { program: string; protocol: string; origin: string },
  declaration: object,
) {
  const directory = temporaryDirectory(t)
  const endpoint = {
    protocol: local.protocol,
    command: [process.execPath, join(CONNECTORS, local.program)],
    env: { LAB_ORIGIN: local.origin },
    provider: './acme.yaml',
  }
  await writeFile(join(directory, 'acme.yaml'), JSON.stringify({ provider: 'acme', title: 'Acme', ...declaration }))
  const path = join(directory, 'flow.yaml')
  await writeFile(path, JSON.stringify({ captures: { 'acme/source': { endpoint: { local: endpoint } } } }))
  return path
}

async function addIntegration(server: TestServer, registration: object): Promise<{ id: string; redirect_uri: string }> {
  const body = { connector_id: 'source', ...registration }
  const created = await server.api('POST', '/v1/integrations', body)
  assert.equal(created.status, 201, JSON.stringify(created.body))
  return created.body
}

/** What the person fills in, and the connection that comes of it. */
async function connectBy(server: TestServer, integration_id: string, config: object) {
  const link = await createLink(server, { connector_id: 'source', integration_id, preview: false })
  const browser = createTestBrowser(server.base_url)
  const before = await readJson(await browser.open(`${link.path}/session`))
  const url = await startAuthorization(browser, link, config)
  const response = await browser.open(await consent(url, { decision: 'allow' }))
  assert.equal(response.status, 303, await response.text())
  const session = await readJson(await browser.open(`${link.path}/session`))
  assert.equal(session.status, 'completed', JSON.stringify(session))
  return { before, connection_id: session.connection.id as string }
}

/** The config as the connector gets it. */
async function configOf({ services, tenant_id }: TestServer, connection_id: string) {
  const connector = await findConnector(services.connectors, 'source')
  assert.ok(connector.oauth)
  const row = await findConnection(services, tenant_id, connection_id)
  const { credentials } = await readGrant(services, row)
  const client = await openOAuthClient(services, tenant_id, row.integration_id)
  const opened = await openConfig(services, row)
  const config = configWithCredentials(connector.spec.config_schema, connector.oauth, opened, {
    ...client,
    tokens: credentials,
    phase: 'authorization_code',
  })
  return { config: config.reveal(), connector }
}

test('an Airbyte connector is connected by a provider declaration, and gets its credentials where its spec puts them', async (t) => {
  const lab = await startLab()
  defer(t, () => lab.close())
  const source = { program: 'airbyte-source-lab/airbyte-source-lab.ts', protocol: 'airbyte', origin: lab.origin }
  const path = await writeSource(t, source, {
    issuer: lab.origin,
    scopes: { default: ['customers:read', 'orders:read', 'offline_access'] },
    authorization: { parameters: { prompt: 'consent' } },
    grants: { authorization_code: {}, refresh_token: {} },
    revocation: { url: `${lab.origin}/token/revocation` },
  })
  const server = await startTestServer(t, {
    connectors: [CONNECTOR_OF_THE_LAB, path],
    connector_env: { LAB_ORIGIN: lab.origin },
  })
  const { client_id, client_secret } = lab.addClient()
  const { id, redirect_uri } = await addIntegration(server, { client_id, client_secret })
  lab.addClient({ client_id, client_secret, redirect_uris: [redirect_uri] })

  const { before, connection_id } = await connectBy(server, id, { page_size: 50 })
  assert.equal(before.provider.title, 'Acme')
  assert.deepEqual(Object.keys(before.config_schema.properties), ['state_kind', 'page_size'])
  const { config, connector } = await configOf(server, connection_id)
  assert.deepEqual(Object.keys(config.credentials as JsonObject).sort(), [
    'access_token',
    'client_id',
    'client_secret',
    'refresh_token',
    'token_expiry_date',
  ])
  const { command, cwd, env } = connector.task
  const launch = { name: 'source', command, cwd, env: { ...env, LAB_ORIGIN: lab.origin }, secrets: [] }
  await offered(protocolOf('airbyte'), 'check')(launch, config)
})

test('a connector is connected by OAuth 1.0a where its provider declaration says so', async (t) => {
  const lab = await startOAuth1Lab()
  defer(t, () => lab.close())
  const source = { program: 'source-lab/source-lab.ts', protocol: 'flow', origin: lab.origin }
  const path = await writeSource(t, source, {
    oauth1: {
      temporary_credentials_url: `${lab.origin}/oauth1/initiate`,
      authorization_url: `${lab.origin}/oauth1/authorize`,
      token_credentials_url: `${lab.origin}/oauth1/token`,
    },
  })
  const server = await startTestServer(t, { connectors: [CONNECTOR_OF_THE_LAB, path], connector_env: {} })
  const registered = lab.addClient()
  const { client_id, client_secret } = registered
  const { id, redirect_uri } = await addIntegration(server, { client_id, client_secret })
  lab.addClient({ ...registered, callback: redirect_uri })
  const { connection_id } = await connectBy(server, id, { region: 'europe', history: 'all' })
  const { credentials } = (await configOf(server, connection_id)).config
  assert.ok(isJsonObject(credentials))
  assert.match(String(credentials.oauth_token_secret), /^secret/)
})

const CONNECTOR_OF_THE_LAB = join(CONNECTORS, 'source-lab/flow.yaml')
