// The steps of a connection as a person's browser takes them, for tests that start in the middle.
import assert from 'node:assert/strict'
import { consent } from '@sluice/lab'
import { createTestBrowser, readJson, type TestBrowser } from './test-browser.ts'
import type { TestServer } from './test-server.ts'

export const validConfig = { region: 'europe', history: 'all' }

export interface ConnectLink {
  path: string
  session_id: string
}

export async function createLink(server: TestServer, body: Record<string, unknown> = {}): Promise<ConnectLink> {
  const created = await server.api('POST', '/v1/connect_sessions', { connector_id: 'source-lab', ...body })
  assert.equal(created.status, 201, JSON.stringify(created.body))
  return { path: new URL(created.body.url).pathname, session_id: created.body.id }
}

/** Submits the form; returns the provider's authorization URL. */
export async function startAuthorization(browser: TestBrowser, link: ConnectLink, config: object = validConfig) {
  const response = await browser.post(`${link.path}/authorize`, { config })
  const body = await readJson(response)
  assert.equal(response.status, 200, JSON.stringify(body))
  return new URL(body.authorization_url)
}

export interface Connected {
  browser: TestBrowser
  link: ConnectLink
  connection_id: string
}

/** From a new link to a connection. */
export async function connect(
  server: TestServer,
  body: Record<string, unknown> = {},
  config: object = validConfig,
): Promise<Connected> {
  const link = await createLink(server, body)
  const browser = createTestBrowser(server.base_url)
  const callback = await consent((await startAuthorization(browser, link, config)).href, { decision: 'allow' })
  const response = await browser.open(callback)
  assert.equal(response.status, 303, await response.text())
  const session = await readJson(await browser.open(`${link.path}/session`))
  assert.equal(session.status, 'completed', JSON.stringify(session))
  return { browser, link, connection_id: session.connection.id }
}
