import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { secret } from '@sluice/oauth'
import { createIntegration } from '../integrations/create-integration.ts'
import { sweepExpired } from '../sweep-expired.ts'
import { createLink, startAuthorization } from '../testing/connect-story.ts'
import { createTestBrowser, readJson } from '../testing/test-browser.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../testing/test-server.ts'

async function atCallback(t: Parameters<typeof startTestServer>[0], options: TestServerOptions = {}) {
  const server = await startTestServer(t, options)
  const link = await createLink(server)
  const browser = createTestBrowser(server.base_url)
  const callback = await consent(await startAuthorization(browser, link), { decision: 'allow' })
  return { server, link, browser, callback }
}

async function refused(response: Response, reason: string): Promise<void> {
  const page = await response.text()
  assert.equal(response.status, 400)
  assert.match(page, new RegExp(`\\(${reason}\\)`))
}

async function assertNothingHappened(server: TestServer): Promise<void> {
  assert.equal(server.lab.token_requests, 0)
  assert.deepEqual((await server.api('GET', '/v1/connections')).body.data, [])
}

test('S1 a callback without the binding cookie is refused before any token request, and takes nothing', async (t) => {
  const { server, browser, callback } = await atCallback(t)
  await refused(await createTestBrowser(server.base_url).open(callback), 'other_browser')
  await assertNothingHappened(server)
  assert.equal((await browser.open(callback)).status, 303)
})

test('S2 a binding cookie of another authorization is refused', async (t) => {
  const { server, browser, callback } = await atCallback(t)
  const other = createTestBrowser(server.base_url)
  await startAuthorization(other, await createLink(server))
  const [wrongValue] = other.cookies.values()
  const [rightName] = browser.cookies.keys()
  const planted = createTestBrowser(server.base_url)
  planted.cookies.set(rightName ?? '', wrongValue ?? '')
  await refused(await planted.open(callback), 'other_browser')
  await assertNothingHappened(server)
})

test('S3 of the same callback twice, or twice at once, one exchanges the code', async (t) => {
  const { server, browser, callback } = await atCallback(t)
  const cookies = new Map(browser.cookies)
  const twins = [1, 2, 3, 4].map(() => {
    const twin = createTestBrowser(server.base_url)
    for (const [name, value] of cookies) twin.cookies.set(name, value)
    return twin
  })
  const statuses = await Promise.all(twins.map(async (twin) => (await twin.open(callback)).status))
  assert.deepEqual(statuses.sort(), [303, 400, 400, 400])
  assert.equal(server.lab.token_requests, 1)
  const late = createTestBrowser(server.base_url)
  for (const [name, value] of cookies) late.cookies.set(name, value)
  await refused(await late.open(callback), 'unknown_state')
  assert.equal(server.lab.token_requests, 1)
})

test('S4 an expired state is refused', async (t) => {
  const clock = { ahead: 0 }
  const { server, browser, callback } = await atCallback(t, { now: () => new Date(Date.now() + clock.ahead) })
  clock.ahead = 10 * 60 * 1000 + 1
  await refused(await browser.open(callback), 'state_expired')
  await assertNothingHappened(server)
})

test('a HEAD request for the callback takes nothing', async (t) => {
  const { browser, callback } = await atCallback(t)
  assert.equal((await browser.open(callback, { method: 'HEAD' })).status, 405)
  assert.equal((await browser.open(callback)).status, 303)
})

test('what an expired authorization held is deleted', async (t) => {
  const clock = { ahead: 0 }
  const server = await startTestServer(t, { now: () => new Date(Date.now() + clock.ahead) })
  const link = await createLink(server, { config: { region: 'asia' } })
  await startAuthorization(createTestBrowser(server.base_url), link)
  const held = async () => [
    (await server.services.db.selectFrom('pending_authorizations').select('state_hash').execute()).length,
    (
      await server.services.db
        .selectFrom('connect_sessions')
        .select('id')
        .where('config_sealed', 'is not', null)
        .execute()
    ).length,
  ]
  await sweepExpired(server.services)
  assert.deepEqual(await held(), [1, 1])
  clock.ahead = 60 * 60 * 1000
  await sweepExpired(server.services)
  assert.deepEqual(await held(), [0, 0])
})

test('S4 a changed, repeated, missing or huge state is refused', async (t) => {
  const { server, browser, callback } = await atCallback(t)
  const state = callback.searchParams.get('state') ?? ''
  const variant = (change: (parameters: URLSearchParams) => void) => {
    const url = new URL(callback)
    change(url.searchParams)
    return url
  }
  const flipped = (state.startsWith('A') ? 'B' : 'A') + state.slice(1)
  await refused(await browser.open(variant((p) => p.set('state', flipped))), 'unknown_state')
  await refused(await browser.open(variant((p) => p.append('state', state))), 'malformed')
  await refused(await browser.open(variant((p) => p.delete('state'))), 'malformed')
  await refused(await browser.open(variant((p) => p.set('state', 'x'.repeat(10_000)))), 'malformed')
  await refused(await browser.open('/oauth/callback/not-an-id?state=x&code=y'), 'malformed')
  await assertNothingHappened(server)
})

test('S5 a person who follows an attacker’s authorization URL cannot finish it', async (t) => {
  const { server, callback } = await atCallback(t)
  const victim = createTestBrowser(server.base_url)
  await startAuthorization(victim, await createLink(server))
  await refused(await victim.open(callback), 'other_browser')
  await assertNothingHappened(server)
})

test('S6 a response at another integration’s redirect URI is refused, and its code goes nowhere', async (t) => {
  const { server, browser, callback } = await atCallback(t)
  const other = await createIntegration(server.services, {
    tenant_id: server.tenant_id,
    connector_id: 'source-lab',
    client_id: 'another',
    client_secret: secret('another secret'),
  })
  const misdirected = new URL(callback)
  misdirected.pathname = `/oauth/callback/${other.id}`
  await refused(await browser.open(misdirected), 'other_integration')
  await assertNothingHappened(server)
})

test('S7 an attacker’s code on a victim’s callback is refused by the provider’s PKCE check, and makes nothing', async (t) => {
  const { server, callback: attackers } = await atCallback(t)
  const link = await createLink(server)
  const victim = createTestBrowser(server.base_url)
  const callback = await consent(await startAuthorization(victim, link), { decision: 'allow' })
  callback.searchParams.set('code', attackers.searchParams.get('code') ?? '')
  assert.equal((await victim.open(callback)).status, 303)
  const session = await readJson(await victim.open(`${link.path}/session`))
  assert.equal(session.status, 'open')
  assert.equal(session.error.code, 'invalid_grant')
  assert.deepEqual((await server.api('GET', '/v1/connections')).body.data, [])
})

test('S16 the callback’s answers leave no code behind: 303, no-store, no-referrer, and a strict policy on pages', async (t) => {
  const { server, browser, callback } = await atCallback(t)
  const page = await createTestBrowser(server.base_url).open(callback)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/)
  assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
  assert.equal(page.headers.get('cache-control'), 'no-store')
  const response = await browser.open(callback)
  assert.equal(response.status, 303)
  assert.equal(new URL(response.headers.get('location') ?? '').search, '')
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.equal(response.headers.get('referrer-policy'), 'no-referrer')
})

test('S17 markup in error_description is kept as text', async (t) => {
  const { server, link, browser, callback } = await atCallback(t)
  callback.searchParams.delete('code')
  callback.searchParams.set('error', 'server_error')
  callback.searchParams.set('error_description', '<script>alert(1)</script>\u001b[31m')
  const response = await browser.open(callback)
  assert.equal(response.status, 303)
  const session = await browser.open(`${link.path}/session`)
  assert.match(session.headers.get('content-type') ?? '', /^application\/json/)
  const { error } = await readJson(session)
  assert.equal(error.code, 'authorization_failed')
  assert.ok(!error.message.includes('\u001b'))
  await assertNothingHappened(server)
})
