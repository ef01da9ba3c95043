import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { connect, createLink, startAuthorization, validConfig } from '../testing/connect-story.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { createTestBrowser, readJson } from '../testing/test-browser.ts'
import { startTestServer } from '../testing/test-server.ts'

test('a person authorizes in the browser and the connection is healthy', async (t) => {
  const server = await startTestServer(t)
  const link = await createLink(server, { end_user: { id: 'person-1' }, preview: true })
  const browser = createTestBrowser(server.base_url)

  const before = await readJson(await browser.open(`${link.path}/session`))
  assert.equal(before.status, 'open')
  assert.deepEqual(before.provider, { id: 'lab', title: 'Lab' })
  assert.equal(before.config_schema.properties.credentials, undefined)
  assert.ok(before.config_schema.properties.region)

  const authorization = await startAuthorization(browser, link)
  assert.equal(authorization.origin, server.lab.origin)
  assert.equal(authorization.searchParams.get('code_challenge_method'), 'S256')
  assert.equal(authorization.searchParams.get('redirect_uri'), server.integration.id && redirectUriOf(server))
  const callback = await consent(authorization, { decision: 'allow' })
  const response = await browser.open(callback)
  assert.equal(response.status, 303)
  assert.equal(response.headers.get('location'), new URL(link.path, server.base_url).href)

  const after = await readJson(await browser.open(`${link.path}/session`))
  assert.equal(after.status, 'completed')
  assert.equal(after.connection.status, 'healthy')
  const { body: connection } = await server.api('GET', `/v1/connections/${after.connection.id}`)
  assert.equal(connection.status, 'healthy')
  assert.deepEqual(connection.end_user, { id: 'person-1' })
  assert.ok(connection.scopes.includes('customers:read'))
  assert.equal(connection.config.region, 'europe')
  assert.equal((await server.api('GET', `/v1/connect_sessions/${link.session_id}`)).body.status, 'completed')
})

function redirectUriOf(server: { base_url: string; integration: { id: string } }): string {
  return `${server.base_url}/oauth/callback/${server.integration.id}`
}

test('a link works once, and only the browser that used it sees what it made', async (t) => {
  const server = await startTestServer(t)
  const { link, browser } = await connect(server)
  const stranger = createTestBrowser(server.base_url)
  const seen = await readJson(await stranger.open(`${link.path}/session`))
  assert.equal(seen.status, 'used')
  assert.equal(seen.connection, null)
  const again = await browser.post(`${link.path}/authorize`, { config: validConfig })
  assert.equal(again.status, 410)
  assert.equal((await readJson(again)).code, 'link_used')
})

test('a config that breaks the schema names the field and the rule, and starts nothing', async (t) => {
  const server = await startTestServer(t)
  const link = await createLink(server)
  const browser = createTestBrowser(server.base_url)
  const response = await browser.post(`${link.path}/authorize`, { config: { region: 'europe', page_size: 0 } })
  assert.equal(response.status, 422)
  const problem = await readJson(response)
  assert.equal(problem.code, 'invalid_config')
  assert.deepEqual(
    problem.errors.map(({ pointer, rule }: { pointer: string; rule: string }) => [pointer, rule]),
    [['/config/page_size', 'minimum']],
  )
  assert.equal(await countPending(server), 0)
  assert.equal(browser.cookies.size, 0)
})

test('prefilled values are shown with secrets masked, and wrong ones are refused when the link is made', async (t) => {
  const server = await startTestServer(t)
  const link = await createLink(server, { config: { region: 'asia' } })
  const session = await readJson(await createTestBrowser(server.base_url).open(`${link.path}/session`))
  assert.deepEqual(session.config, { region: 'asia' })
  const refused = await server.api('POST', '/v1/connect_sessions', {
    connector_id: 'source-lab',
    config: { page_size: 'many' },
  })
  assert.equal(refused.status, 422)
  assert.equal(refused.body.errors[0].pointer, '/config/page_size')
})

test('denied consent changes nothing and leaves the link open for another try', async (t) => {
  const server = await startTestServer(t)
  const link = await createLink(server)
  const browser = createTestBrowser(server.base_url)
  const callback = await consent(await startAuthorization(browser, link), { decision: 'deny' })
  assert.equal(callback.searchParams.get('error'), 'access_denied')
  assert.equal((await browser.open(callback)).status, 303)
  const session = await readJson(await browser.open(`${link.path}/session`))
  assert.equal(session.status, 'open')
  assert.equal(session.error.code, 'access_denied')
  assert.equal(server.lab.token_requests, 0)
  assert.deepEqual((await server.api('GET', '/v1/connections')).body.data, [])

  const second = await consent(await startAuthorization(browser, link), { decision: 'allow' })
  assert.equal((await browser.open(second)).status, 303)
  assert.equal((await readJson(await browser.open(`${link.path}/session`))).status, 'completed')
})

test('a token reply that is not JSON is told on the connect page and makes no connection', async (t) => {
  const server = await startTestServer(t)
  const link = await createLink(server)
  const browser = createTestBrowser(server.base_url)
  const callback = await consent(await startAuthorization(browser, link), { decision: 'allow' })
  server.lab.fault('not_json')
  assert.equal((await browser.open(callback)).status, 303)
  const session = await readJson(await browser.open(`${link.path}/session`))
  assert.equal(session.status, 'open')
  assert.match(session.error.code, /malformed_response|token_request_failed/)
  assert.deepEqual((await server.api('GET', '/v1/connections')).body.data, [])
})

test('an expired link says so', async (t) => {
  const clock = { ahead: 0 }
  const server = await startTestServer(t, { now: () => new Date(Date.now() + clock.ahead) })
  const link = await createLink(server, { expires_in_seconds: 60 })
  const browser = createTestBrowser(server.base_url)
  clock.ahead = 61_000
  assert.equal((await readJson(await browser.open(`${link.path}/session`))).status, 'expired')
  const response = await browser.post(`${link.path}/authorize`, { config: validConfig })
  assert.equal(response.status, 410)
  assert.equal((await readJson(response)).code, 'link_expired')
})

test('a sample may be read only where the link allows it and in the browser that connected', async (t) => {
  const server = await startTestServer(t)
  const allowed = await connect(server, { preview: true })
  const started = await allowed.browser.post(`${allowed.link.path}/runs`, { operation: 'spec' })
  assert.equal(started.status, 202)
  const run = await readJson(started)
  const stranger = createTestBrowser(server.base_url)
  assert.equal((await stranger.open(`${allowed.link.path}/runs/${run.id}`)).status, 403)
  assert.equal((await stranger.post(`${allowed.link.path}/runs`, { operation: 'spec' })).status, 403)
  const notAllowed = await connect(server)
  assert.equal((await notAllowed.browser.post(`${notAllowed.link.path}/runs`, { operation: 'spec' })).status, 403)
  assert.equal((await notAllowed.browser.open(`${notAllowed.link.path}/runs/${run.id}`)).status, 403)
})

async function countPending({ services }: Awaited<ReturnType<typeof startTestServer>>): Promise<number> {
  return (await services.db.selectFrom('pending_authorizations').select('state_hash').execute()).length
}

test('a link opened under another loopback name moves to the one that the provider returns to', async (t) => {
  const web_directory = temporaryDirectory(t)
  for (const page of ['index.html', 'connect.html']) writeFileSync(join(web_directory, page), `<title>${page}</title>`)
  const server = await startTestServer(t, { web_directory })
  const port = new URL(server.base_url).port
  const moved = await fetch(`http://127.0.0.1:${port}/connect/a-token`, { redirect: 'manual' })
  assert.equal(moved.status, 307)
  assert.equal(moved.headers.get('location'), `${server.base_url}/connect/a-token`)
  const page = await fetch(`${server.base_url}/connect/a-token`)
  assert.match(await page.text(), /connect\.html/)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
})
