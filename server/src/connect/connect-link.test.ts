import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { ConnectorError } from '@sluice/launcher'
import { connect, createLink, startAuthorization } from '../testing/connect-story.ts'
import { createTestBrowser, readJson } from '../testing/test-browser.ts'
import { startTestServer } from '../testing/test-server.ts'

test('of two browsers that finish one link at once, one connects, and the other is told', async (t) => {
  const server = await startTestServer(t)
  const link = await createLink(server)
  const first = createTestBrowser(server.base_url)
  const second = createTestBrowser(server.base_url)
  const secondIsDone = Promise.withResolvers<void>()
  const { fetch } = server.services
  const firstCallback = await consent(await startAuthorization(first, link), { decision: 'allow' })
  // The first one's token request is under way while the second one starts and finishes.
  const underWay = Promise.withResolvers<void>()
  server.services.fetch = async (...request) => {
    server.services.fetch = fetch
    underWay.resolve()
    await secondIsDone.promise
    return fetch(...request)
  }
  const finishing = first.open(firstCallback)
  await underWay.promise
  const secondCallback = await consent(await startAuthorization(second, link), { decision: 'allow' })
  const finished = await second.open(secondCallback)
  secondIsDone.resolve()
  const answers = [await finishing, finished]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [303, 303],
  )
  const seen = await Promise.all(
    [first, second].map(async (browser) => (await readJson(await browser.open(`${link.path}/session`))).status),
  )
  assert.deepEqual(seen.sort(), ['completed', 'used'])
  assert.equal((await server.api('GET', '/v1/connections')).body.data.length, 1)
})

test('a browser keeps the sight of its last ten links, and forgets older ones', async (t) => {
  const server = await startTestServer(t)
  const browser = createTestBrowser(server.base_url)
  for (let made = 0; made < 12; made += 1) browser.cookies.set(`sluice_connect_old-${made}`, 'x')
  const link = await createLink(server)
  await browser.open(await consent(await startAuthorization(browser, link), { decision: 'allow' }))
  const kept = [...browser.cookies.keys()].filter((name) => name.startsWith('sluice_connect_'))
  assert.ok(kept.length <= 11, kept.join(' '))
  assert.ok(!kept.includes('sluice_connect_old-0') && kept.includes('sluice_connect_old-11'))
  assert.equal((await readJson(await browser.open(`${link.path}/session`))).status, 'completed')
})

test('of eight samples asked for at once, one is read', async (t) => {
  const server = await startTestServer(t)
  const { browser, link } = await connect(server, { preview: true })
  const asked = Array.from({ length: 8 }, () => browser.post(`${link.path}/runs`, { operation: 'preview' }))
  const statuses = (await Promise.all(asked)).map(({ status }) => status).sort()
  assert.deepEqual(statuses, [202, ...Array(7).fill(429)])
})

test('what ails a connector is told on its link as nothing but that, and to its tenant in full', async (t) => {
  const server = await startTestServer(t)
  const link = await createLink(server)
  const fault = new ConnectorError('not_found', 'spawn /opt/private/connector ENOENT', { stderr: 'private' })
  server.services.connectors.describe = () => Promise.reject(fault)
  const response = await createTestBrowser(server.base_url).open(`${link.path}/session`)
  const text = await response.text()
  assert.equal(response.status, 502)
  assert.equal(JSON.parse(text).code, 'connector_unavailable')
  assert.doesNotMatch(text, /private|ENOENT/)
})
