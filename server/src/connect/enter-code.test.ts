import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { startAuthorization } from '../testing/connect-story.ts'
import { defer } from '../testing/defer.ts'
import { startAnotherServer } from '../testing/refresh-faults/another-server.ts'
import { createTestBrowser, readJson } from '../testing/test-browser.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

async function shown(server: TestServer) {
  const { body } = await server.api('POST', '/v1/connect_sessions', { connector_id: 'source-lab' })
  return body
}

function type(server: TestServer, code: string, browser = createTestBrowser(server.base_url)) {
  return browser.open('/connect', { method: 'POST', body: new URLSearchParams({ code }) })
}

test('a person types the code of another device, connects there, and the device learns of it', async (t) => {
  const server = await startTestServer(t)
  const session = await shown(server)
  const browser = createTestBrowser(server.base_url)
  const page = await (await browser.open(new URL(session.device.verification_uri_complete))).text()
  assert.ok(page.includes(`value="${session.device.user_code}"`))

  const typed = session.device.user_code.toLowerCase().replace('-', ' ')
  const entered = await type(server, typed, browser)
  assert.equal(entered.status, 303)
  const link = { path: new URL(entered.headers.get('location') ?? '').pathname, session_id: session.id }
  assert.notEqual(link.path, new URL(session.url).pathname)
  const callback = await consent(await startAuthorization(browser, link), { decision: 'allow' })
  assert.equal((await browser.open(callback)).headers.get('location'), new URL(link.path, server.base_url).href)
  const { device_code } = session.device
  assert.equal((await server.api('POST', '/connect_status', { device_code }, null)).body.status, 'completed')
})

test('a code works once, for a quarter of an hour, and not for a session that is over', async (t) => {
  const clock = { ahead: 0 }
  const server = await startTestServer(t, { now: () => new Date(Date.now() + clock.ahead) })
  const used = await shown(server)
  assert.equal((await type(server, used.device.user_code)).status, 303)
  assert.equal((await type(server, used.device.user_code)).status, 422)
  const cancelled = await shown(server)
  await server.api('DELETE', `/v1/connect_sessions/${cancelled.id}`)
  assert.equal((await type(server, cancelled.device.user_code)).status, 422)
  const late = await shown(server)
  clock.ahead = 15 * 60_000 + 1
  assert.equal((await type(server, late.device.user_code)).status, 422)
  assert.equal((await readJson(await fetch(late.status_url))).status, 'open')
})

test('wrong codes are counted, and after thirty even the right one has to wait', async (t) => {
  const clock = { ahead: 0 }
  const server = await startTestServer(t, { now: () => new Date(Date.now() + clock.ahead) })
  const session = await shown(server)
  for (let tries = 0; tries < 30; tries += 1) assert.equal((await type(server, 'BCDF-GHJK')).status, 422)
  const refused = await type(server, 'BCDF-GHJK')
  assert.equal(refused.status, 429)
  assert.match(await refused.text(), /Try again in 10 minutes/)
  assert.equal((await type(server, session.device.user_code)).status, 429)
  clock.ahead = 10 * 60_000 + 1
  assert.equal((await type(server, session.device.user_code)).status, 303)
})

test('another server on the same database gives nobody another thirty tries', async (t) => {
  const server = await startTestServer(t)
  const other = await startAnotherServer(server)
  defer(t, other.kill)
  const session = await shown(server)
  const at = [createTestBrowser(server.base_url), createTestBrowser(other.base_url)]
  for (let tries = 0; tries < 30; tries += 1) {
    assert.equal((await type(server, 'BCDF-GHJK', at[tries % 2])).status, 422)
  }
  for (const browser of at) assert.equal((await type(server, session.device.user_code, browser)).status, 429)
})

test('S19 a code sent from another site’s page is refused', async (t) => {
  const server = await startTestServer(t)
  const session = await shown(server)
  const response = await fetch(new URL('/connect', server.base_url), {
    method: 'POST',
    headers: { 'sec-fetch-site': 'cross-site' },
    body: new URLSearchParams({ code: session.device.user_code }),
  })
  assert.equal(response.status, 403)
})

test('what was typed is shown as text', async (t) => {
  const server = await startTestServer(t)
  const page = await (await type(server, '"><script>alert(1)</script>')).text()
  assert.ok(!page.includes('<script'))
})

test('the QR code is an image of the link, for known links alone', async (t) => {
  const server = await startTestServer(t)
  const session = await shown(server)
  const image = await fetch(session.qr_url)
  assert.equal(image.headers.get('content-type'), 'image/svg+xml')
  assert.match(await image.text(), /^<svg/)
  assert.equal((await fetch(new URL('/connect/unknown/qr.svg', server.base_url))).status, 404)
})
