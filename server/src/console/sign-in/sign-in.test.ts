import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { startWithProvider } from '../../testing/identity-provider.ts'
import { createTestBrowser, readJson, type TestBrowser } from '../../testing/test-browser.ts'
import { startTestServer, type TestServer } from '../../testing/test-server.ts'
import { createAdminLink } from '../admin-link.ts'

async function start(browser: TestBrowser): Promise<string> {
  const response = await browser.open('/console/sign_in', { method: 'POST' })
  assert.equal(response.status, 200, await response.clone().text())
  return (await readJson(response)).authorization_url
}

async function signIn(server: TestServer, account: 'alice' | 'bob' = 'alice') {
  const browser = createTestBrowser(server.base_url)
  const callback = await consent(await start(browser), { account, decision: 'allow' })
  const response = await browser.open(callback)
  assert.equal(response.status, 303)
  return { browser, callback, location: new URL(response.headers.get('location') ?? '') }
}

test('a person whom a rule names signs in, may do what the role says, is listed, and signs out', async (t) => {
  const server = await startWithProvider(t, '@lab.example viewer')
  assert.equal(
    (await server.api('GET', '/console/sign_in', undefined, null)).body.identity_provider,
    new URL(server.lab.origin).host,
  )
  const { browser, location } = await signIn(server)
  assert.equal(location.pathname, '/')
  const session = await readJson(await browser.open('/console/session'))
  assert.equal(session.user, 'alice@lab.example')
  assert.equal(session.tenant.id, server.tenant_id)
  assert.equal((await browser.open('/v1/connections')).status, 200)
  assert.equal((await browser.post('/v1/connect_sessions', { connector_id: 'source-lab' })).status, 403)

  const { body: list } = await server.api('GET', '/v1/console_sessions')
  assert.deepEqual(
    list.data.map(({ user, api_key_id }: { user: string; api_key_id: string | null }) => [user, api_key_id]),
    [['alice@lab.example', null]],
  )
  assert.equal((await browser.open(`/v1/console_sessions/${list.data[0].id}`, { method: 'DELETE' })).status, 403)
  assert.equal((await browser.open('/console/session', { method: 'DELETE' })).status, 204)
  assert.equal((await browser.open('/v1/connections')).status, 401)
  assert.equal((await server.api('GET', '/v1/console_sessions')).body.data.length, 0)
})

test('a session that other rules opened is over, so that whoever lost a role or the provider has to sign in again', async (t) => {
  const server = await startWithProvider(t, '@lab.example admin')
  const { services } = server
  const { browser } = await signIn(server)
  const byLink = createTestBrowser(server.base_url)
  const link = await createAdminLink(services, server.tenant_id)
  await byLink.post('/console/session', { link: new URL(link).hash.split('=').at(-1) })
  const provider = services.identity_provider
  assert.equal((await browser.open('/v1/connections')).status, 200)
  const later = provider && { ...provider, rules_digest: Buffer.from('other rules') }
  for (const changed of [later, null]) {
    services.identity_provider = changed
    assert.equal((await browser.open('/v1/connections')).status, 401)
    assert.equal((await byLink.open('/v1/connections')).status, 200)
  }
})

test('a person whom no rule names is told so and gets no session', async (t) => {
  const server = await startWithProvider(t, 'alice@lab.example admin')
  const { browser, location } = await signIn(server, 'bob')
  assert.equal(location.searchParams.get('refused'), 'not_allowed')
  assert.equal((await browser.open('/v1/connections')).status, 401)
  const denied = await createTestBrowser(server.base_url)
  const response = await denied.open(await consent(await start(denied), { decision: 'deny' }))
  assert.match(response.headers.get('location') ?? '', /refused=denied$/)
})

test('a sign-in is finished once, in the browser that started it, in time, and nothing is sent otherwise', async (t) => {
  let now = new Date()
  const server = await startWithProvider(t, '@lab.example admin', { now: () => now })
  const refused = async (browser: TestBrowser, callback: URL) => {
    const before = server.lab.token_requests
    const location = (await browser.open(callback)).headers.get('location') ?? ''
    assert.match(location, /refused=expired$/)
    assert.equal(server.lab.token_requests, before)
    assert.equal((await browser.open('/v1/connections')).status, 401)
  }
  const victim = createTestBrowser(server.base_url)
  const attackers = createTestBrowser(server.base_url)
  const callback = await consent(await start(attackers), { account: 'alice', decision: 'allow' })
  await refused(victim, callback)
  await start(victim)
  await refused(victim, callback)

  const { browser, callback: used } = await signIn(server)
  await browser.open('/console/session', { method: 'DELETE' })
  await refused(browser, used)

  const late = createTestBrowser(server.base_url)
  const lateCallback = await consent(await start(late), { account: 'alice', decision: 'allow' })
  now = new Date(now.getTime() + 11 * 60_000)
  await refused(late, lateCallback)
  const crossSite = await late.open('/console/sign_in', { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } })
  assert.equal(crossSite.status, 403)
})

test('sessions end when unused for two hours, and after twelve hours however busy they are', async (t) => {
  let now = new Date()
  const later = (minutes: number) => {
    now = new Date(now.getTime() + minutes * 60_000)
  }
  const server = await startTestServer(t, { now: () => now })
  const signedIn = async () => {
    const browser = createTestBrowser(server.base_url)
    assert.equal((await browser.post('/console/session', { api_key: server.api_key })).status, 204)
    return browser
  }
  const status = async (browser: TestBrowser) => (await browser.open('/v1/connections')).status
  const idle = await signedIn()
  later(119)
  assert.equal(await status(idle), 200)
  later(121)
  assert.equal(await status(idle), 401)

  const busy = await signedIn()
  for (let hour = 0; hour < 11; hour += 1) {
    later(60)
    assert.equal(await status(busy), 200)
  }
  later(61)
  assert.equal(await status(busy), 401)
})

test('the one-time link signs in once, shortly, and a newer one takes its place', async (t) => {
  let now = new Date()
  const server = await startTestServer(t, { now: () => now })
  const tokenOf = (link: string) => new URLSearchParams(new URL(link).hash.slice(1)).get('link')
  const make = async () => tokenOf(await createAdminLink(server.services, server.tenant_id))
  const post = async (link: string | null) => {
    const browser = createTestBrowser(server.base_url)
    return { browser, status: (await browser.post('/console/session', { link })).status }
  }
  const earlier = await make()
  const link = await make()
  const kept = await server.services.db.selectFrom('console_links').selectAll().execute()
  assert.equal(kept.length, 1)
  assert.ok(!JSON.stringify(kept).includes(link ?? ''))
  assert.equal((await post(earlier)).status, 401)
  const [first, second] = await Promise.all([post(link), post(link)])
  assert.deepEqual([first.status, second.status].sort(), [204, 401])
  const { browser } = first.status === 204 ? first : second
  assert.equal((await browser.open('/v1/tenants')).status, 200)

  const expired = await make()
  now = new Date(now.getTime() + 15 * 60_000)
  assert.equal((await post(expired)).status, 401)
})

test('S15 behind https the cookies of the console carry the __Host- prefix, Secure, HttpOnly and Lax', async (t) => {
  const server = await startTestServer(t, { base_url: 'https://sluice.example' })
  const response = await fetch(new URL('/console/session', server.base_url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ api_key: server.api_key }),
  })
  const cookie = response.headers.getSetCookie().join()
  assert.match(cookie, /^__Host-sluice_console=/)
  for (const attribute of [/; Secure/, /; HttpOnly/, /; SameSite=Lax/, /; Path=\//]) assert.match(cookie, attribute)
  assert.doesNotMatch(cookie, /Domain=/)
})
