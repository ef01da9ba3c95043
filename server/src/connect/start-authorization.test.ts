import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLink, startAuthorization, validConfig } from '../testing/connect-story.ts'
import { createTestBrowser, readJson } from '../testing/test-browser.ts'
import { startTestServer } from '../testing/test-server.ts'

test('S13 forged Host and X-Forwarded headers do not change the redirect URI', async (t) => {
  const server = await startTestServer(t)
  const link = await createLink(server)
  const response = await createTestBrowser(server.base_url).open(`${link.path}/authorize`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example;proto=https',
    },
    body: JSON.stringify({ config: validConfig }),
  })
  const url = new URL((await readJson(response)).authorization_url)
  const expected = `${server.services.base_url}/oauth/callback/${server.integration.id}`
  assert.equal(url.searchParams.get('redirect_uri'), expected)
})

test('S14 a planted cookie is replaced when an authorization starts, and each start has a new one', async (t) => {
  const server = await startTestServer(t)
  const browser = createTestBrowser(server.base_url)
  const link = await createLink(server)
  await startAuthorization(browser, link)
  const [[name = '', first = ''] = []] = browser.cookies
  browser.cookies.set(name, 'planted')
  await startAuthorization(browser, link)
  const [second = ''] = browser.cookies.values()
  assert.equal(browser.cookies.size, 1)
  assert.equal(second.length, 43)
  assert.notEqual(second, first)
})

test('S15 cookies are HttpOnly, Lax, and under https __Host- and Secure', async (t) => {
  const plain = await startTestServer(t)
  const [cookie = ''] = await cookiesOfStart(plain)
  assert.match(cookie, /^sluice_authorization_[0-9a-f-]{36}=/)
  assert.match(cookie, /; HttpOnly/)
  assert.match(cookie, /; SameSite=Lax/)
  assert.match(cookie, /; Path=\//)
  assert.doesNotMatch(cookie, /Domain=/)

  const https = await startTestServer(t, { base_url: 'https://sluice.example' })
  const [secure = ''] = await cookiesOfStart(https)
  assert.match(secure, /^__Host-sluice_authorization_/)
  assert.match(secure, /; Secure/)
})

async function cookiesOfStart(server: Awaited<ReturnType<typeof startTestServer>>): Promise<string[]> {
  const link = await createLink(server)
  const response = await createTestBrowser(server.base_url).post(`${link.path}/authorize`, { config: validConfig })
  assert.equal(response.status, 200)
  return response.headers.getSetCookie()
}

test('S19 a cross-site POST is refused, and a GET changes nothing', async (t) => {
  const server = await startTestServer(t)
  const link = await createLink(server)
  const browser = createTestBrowser(server.base_url)
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
    const response = await browser.open(`${link.path}/authorize`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ config: validConfig }),
    })
    assert.equal(response.status, 403)
    assert.equal((await readJson(response)).code, 'cross_site_request')
  }
  const withoutMetadata = await fetch(new URL(`${link.path}/authorize`, server.base_url), {
    method: 'POST',
    headers: { origin: 'https://evil.example', 'content-type': 'application/json' },
    body: JSON.stringify({ config: validConfig }),
  })
  assert.equal(withoutMetadata.status, 403)
  await browser.open(`${link.path}/session`)
  assert.equal((await browser.open(`${link.path}/authorize`)).status, 404)
  assert.equal(await countPending(server), 0)
})

test('S20 a thousand starts of one link leave one pending authorization, and most are told to wait', async (t) => {
  const clock = { ahead: 0 }
  const server = await startTestServer(t, { now: () => new Date(Date.now() + clock.ahead) })
  const link = await createLink(server)
  const browser = createTestBrowser(server.base_url)
  const statuses: number[] = []
  for (let round = 0; round < 40; round += 1) {
    const starts = Array.from({ length: 25 }, () => browser.post(`${link.path}/authorize`, { config: validConfig }))
    statuses.push(...(await Promise.all(starts)).map((response) => response.status))
  }
  assert.equal(statuses.filter((status) => status === 200).length, 60)
  assert.equal(statuses.filter((status) => status === 429).length, 940)
  assert.equal(await countPending(server), 1)
  await startAuthorization(browser, await createLink(server))
  clock.ahead = 10 * 60 * 1000 + 1
  await startAuthorization(browser, link)
})

test('an unknown link is a 404 that says what to do', async (t) => {
  const server = await startTestServer(t)
  const response = await createTestBrowser(server.base_url).post('/connect/unknown/authorize', { config: {} })
  assert.equal(response.status, 404)
  assert.equal((await readJson(response)).code, 'link_unknown')
})

async function countPending({ services }: Awaited<ReturnType<typeof startTestServer>>): Promise<number> {
  return (await services.db.selectFrom('pending_authorizations').select('state_hash').execute()).length
}
