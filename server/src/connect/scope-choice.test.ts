import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { labDeclaration } from '../testing/accounts-server.ts'
import { connect, createLink, validConfig } from '../testing/connect-story.ts'
import { createTestBrowser, readJson, type TestBrowser } from '../testing/test-browser.ts'
import { startTestServer } from '../testing/test-server.ts'

const declaration = (origin: string) => `${labDeclaration(origin)}scopes:
  meanings:
    orders:read: See your orders
`
const invitation = {
  end_user: { id: 'customer-7', name: 'Acme <Ltd>', email: 'alice@example.com' },
  required_scopes: ['openid', 'offline_access', 'customers:read'],
  optional_scopes: ['orders:read', 'email'],
}

const authorize = (browser: TestBrowser, path: string, body: object) =>
  browser.post(`${path}/authorize`, { config: validConfig, ...body })

test('a person leaves optional scopes out: they are not asked for, and the ledger says so', async (t) => {
  const server = await startTestServer(t, { provider: declaration })
  const browser = createTestBrowser(server.base_url)
  const { path } = await createLink(server, invitation)
  const link = await readJson(await browser.open(`${path}/session`))
  assert.deepEqual(link.scopes, {
    required: ['openid', 'offline_access', 'customers:read'].map((scope) => ({ scope, meaning: null })),
    optional: [
      { scope: 'orders:read', meaning: 'See your orders' },
      { scope: 'email', meaning: null },
    ],
  })

  for (const stranger of ['admin', 'customers:read']) {
    const refused = await authorize(browser, path, { optional_scopes: [stranger] })
    assert.deepEqual([refused.status, (await readJson(refused)).code], [422, 'scope_not_offered'])
  }
  const { authorization_url } = await readJson(await authorize(browser, path, { optional_scopes: ['email'] }))
  const asked = ['openid', 'offline_access', 'customers:read', 'email']
  assert.deepEqual(new URL(authorization_url).searchParams.get('scope')?.split(' '), asked)
  await browser.open(await consent(authorization_url, { decision: 'allow' }))
  const made = await readJson(await browser.open(`${path}/session`))
  assert.deepEqual(made.scopes, { required: [], optional: [] })

  const { body: connection } = await server.api('GET', `/v1/connections/${made.connection.id}`)
  assert.deepEqual(connection.requested_scopes, asked)
  assert.ok(!connection.scopes.includes('orders:read'))
  assert.deepEqual(connection.required_scopes, invitation.required_scopes)
  assert.deepEqual(connection.optional_scopes, invitation.optional_scopes)
  assert.deepEqual(connection.missing_scopes, [])

  // A repair offers it again.
  const repair = await createLink(server, { connector_id: undefined, connection_id: connection.id })
  const offered = (await readJson(await browser.open(`${repair.path}/session`))).scopes.optional
  assert.ok(offered.some(({ scope }: { scope: string }) => scope === 'orders:read'))
})

test('a repair asks a provider that keeps earlier consents for the difference alone', async (t) => {
  const provider = (origin: string) => `${labDeclaration(origin)}scopes:\n  incremental: true\n`
  const server = await startTestServer(t, { provider })
  const granted = ['openid', 'offline_access', 'customers:read']
  const { browser, connection_id } = await connect(server, { required_scopes: granted })
  const { path } = await createLink(server, {
    connector_id: undefined,
    connection_id,
    required_scopes: [...granted, 'orders:read'],
    optional_scopes: ['email'],
  })
  const { scopes } = await readJson(await browser.open(`${path}/session`))
  const names = (some: { scope: string }[]) => some.map(({ scope }) => scope)
  assert.deepEqual([names(scopes.required), names(scopes.optional)], [['orders:read'], ['email']])
  const { authorization_url } = await readJson(await authorize(browser, path, { optional_scopes: [] }))
  assert.equal(new URL(authorization_url).searchParams.get('scope'), 'orders:read')
})

test('with nothing said all optional scopes are asked for, and where none would be left the person is told', async (t) => {
  const server = await startTestServer(t)
  const browser = createTestBrowser(server.base_url)
  const { path } = await createLink(server, { optional_scopes: ['orders:read'] })
  const { authorization_url } = await readJson(await authorize(browser, path, {}))
  assert.equal(new URL(authorization_url).searchParams.get('scope'), 'orders:read')
  const none = await authorize(browser, path, { optional_scopes: [] })
  assert.deepEqual([none.status, (await readJson(none)).code], [422, 'no_scope_chosen'])
})

test('without scripts the page says for whom, and has a box for each optional scope', async (t) => {
  const server = await startTestServer(t, { provider: declaration })
  const browser = createTestBrowser(server.base_url)
  const { path } = await createLink(server, invitation)
  const page = async (boxes: [string, string][]) => {
    const response = await browser.open(path, {
      method: 'POST',
      body: new URLSearchParams([...Object.entries(validConfig), ...boxes]),
    })
    return response.text()
  }
  const refused = await page([
    ['region', 'nowhere'],
    ['sluice.scopes_shown', '1'],
    ['sluice.optional_scope', 'email'],
  ])
  assert.match(refused, /Connecting for <strong>Acme &#60;Ltd&#62; \(alice@example\.com\)<\/strong>/)
  assert.match(refused, /value="orders:read"> See your orders/)
  assert.match(refused, /value="email" checked>/)
  const going = await page([['sluice.scopes_shown', '1']])
  const scope = /[?&#]scope=([^&"#]*)/.exec(going.replaceAll('&#38;', '&'))?.[1]
  assert.deepEqual(scope?.split(/\+|%20/).map(decodeURIComponent), invitation.required_scopes)
})

test('a link says for whom it is to whoever opens it, until it is used', async (t) => {
  const server = await startTestServer(t)
  const [alice, stranger] = [createTestBrowser(server.base_url), createTestBrowser(server.base_url)]
  const shown = async (browser: TestBrowser, path: string) =>
    (await readJson(await browser.open(`${path}/session`))).connecting_for
  for (const [end_user, label] of [
    [{ id: 'c-7', email: 'alice@example.com' }, 'alice@example.com'],
    [{ id: 'c-7', name: 'Acme' }, 'Acme'],
    [{ id: 'c-7' }, 'c-7'],
    [undefined, null],
  ]) {
    const { path } = await createLink(server, { end_user })
    assert.equal(await shown(stranger, path), label)
  }
  const { path } = await createLink(server, { end_user: { id: 'c-7' } })
  const { authorization_url } = await readJson(await authorize(alice, path, {}))
  await alice.open(await consent(authorization_url, { decision: 'allow' }))
  assert.deepEqual([await shown(alice, path), await shown(stranger, path)], ['c-7', null])
})
