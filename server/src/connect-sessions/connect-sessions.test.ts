import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { createRowWatch } from '../database/row-watch.ts'
import { sweepExpired } from '../sweep-expired.ts'
import { connect, createLink, startAuthorization, validConfig } from '../testing/connect-story.ts'
import { createTestBrowser, readJson } from '../testing/test-browser.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const APP = 'https://app.customer.example'

async function create(server: TestServer, body: Record<string, unknown> = {}) {
  const created = await server.api('POST', '/v1/connect_sessions', { connector_id: 'source-lab', ...body })
  assert.equal(created.status, 201, JSON.stringify(created.body))
  return created.body
}

async function finish(server: TestServer, session: { url: string }, decision: 'allow' | 'deny' = 'allow') {
  const browser = createTestBrowser(server.base_url)
  const link = { path: new URL(session.url).pathname, session_id: '' }
  return browser.open(await consent(await startAuthorization(browser, link), { decision }))
}

test('a session is created with every way in, listed, read, and cancelled', async (t) => {
  const server = await startTestServer(t)
  const session = await create(server, { end_user: { id: 'person-1' }, allowed_origins: [APP] })
  assert.equal(new URL(session.url).origin, server.base_url)
  assert.equal(session.qr_url, `${session.url}/qr.svg`)
  assert.equal(session.embed_url, `${session.url}/embed`)
  assert.match(session.device.user_code, /^[B-Z]{4}-[B-Z]{4}$/)
  assert.equal(session.device.verification_uri, `${server.base_url}/connect`)
  assert.equal(session.device.interval, 5)

  const other = await create(server, { end_user: { id: 'person-2' } })
  const list = async (query: string) => {
    const { body } = await server.api('GET', `/v1/connect_sessions${query}`)
    return body.data.map(({ id }: { id: string }) => id)
  }
  assert.deepEqual(await list(''), [other.id, session.id])
  assert.deepEqual(await list('?end_user_id=person-1'), [session.id])
  assert.deepEqual(await list(`?cursor=${other.id}`), [session.id])
  assert.ok(!JSON.stringify((await server.api('GET', '/v1/connect_sessions')).body).includes('token'))

  assert.equal((await server.api('DELETE', `/v1/connect_sessions/${session.id}`)).status, 204)
  assert.equal((await server.api('DELETE', `/v1/connect_sessions/${session.id}`)).status, 204)
  assert.equal((await server.api('GET', `/v1/connect_sessions/${session.id}`)).body.status, 'cancelled')
  assert.deepEqual(await list('?status=cancelled'), [session.id])
  assert.deepEqual(await list('?status=open'), [other.id])
  const started = await createTestBrowser(server.base_url).post(`${new URL(session.url).pathname}/authorize`, {
    config: validConfig,
  })
  assert.equal((await readJson(started)).code, 'link_cancelled')
})

test('cancelling ends an authorization under way, and a completed session stays as it is', async (t) => {
  const server = await startTestServer(t)
  const { body } = await server.api('POST', '/v1/connect_sessions', { connector_id: 'source-lab' })
  const browser = createTestBrowser(server.base_url)
  const link = { path: new URL(body.url).pathname, session_id: body.id }
  const callback = await consent(await startAuthorization(browser, link), { decision: 'allow' })
  assert.equal((await server.api('DELETE', `/v1/connect_sessions/${body.id}`)).status, 204)
  assert.equal((await browser.open(callback)).status, 400)
  assert.equal(server.lab.token_requests, 0)

  const { connection_id, link: done } = await connect(server)
  assert.ok(connection_id)
  const refused = await server.api('DELETE', `/v1/connect_sessions/${done.session_id}`)
  assert.deepEqual([refused.status, refused.body.code], [409, 'connect_session_completed'])
})

test('what cannot be is refused by name when a session is created', async (t) => {
  const server = await startTestServer(t)
  const refusal = async (body: Record<string, unknown>) => {
    const answer = await server.api('POST', '/v1/connect_sessions', body)
    return [answer.status, answer.body.code, answer.body.errors?.[0]?.pointer]
  }
  const lab = { connector_id: 'source-lab' }
  assert.deepEqual(await refusal({}), [422, 'connector_missing', undefined])
  for (const origin of ['https://a.example/', 'https://a.example/x', 'http://a.example', 'null', '*', 'javascript:1']) {
    const [status, code, pointer] = await refusal({ ...lab, allowed_origins: [origin] })
    assert.deepEqual([status, code, pointer], [422, 'invalid_request', '/allowed_origins/0'], origin)
  }
  for (const scope of ['a b', '', 'a"', 'a\\b', 'é']) {
    const [status, , pointer] = await refusal({ ...lab, required_scopes: [scope] })
    assert.deepEqual([status, pointer], [422, '/required_scopes/0'], scope)
  }
  const unknown = '019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40'
  assert.deepEqual(await refusal({ connection_id: unknown }), [404, 'connection_not_found', undefined])
  const { connection_id } = await connect(server)
  assert.deepEqual(await refusal({ connection_id, integration_id: unknown }), [
    422,
    'connection_of_another_kind',
    '/integration_id',
  ])
})

test('a long poll answers at the change, whichever replica made it, and at once for what has ended', async (t) => {
  const server = await startTestServer(t)
  const session = await create(server)
  const waited = server.api('GET', `/v1/connect_sessions/${session.id}?wait=30`)
  const failed = server.api('GET', `/v1/connect_sessions/${session.id}?wait=30&version=${session.version}`)
  const publicly = fetch(`${session.status_url}?wait=30`)
  assert.equal((await finish(server, session, 'deny')).status, 303)
  const afterDenial = (await failed).body
  assert.deepEqual([afterDenial.status, afterDenial.error.code], ['open', 'access_denied'])

  // As another replica would: nothing in this process is told.
  const completed = { completed_at: new Date(), version: 9 }
  await server.services.db.updateTable('connect_sessions').set(completed).where('id', '=', session.id).execute()
  assert.equal((await waited).body.status, 'completed')
  assert.equal((await readJson(await publicly)).status, 'completed')
  assert.equal((await server.api('GET', `/v1/connect_sessions/${session.id}?wait=60`)).body.version, 9)
})

test('a long poll ends when its time is over and when the session expires', async (t) => {
  const server = await startTestServer(t)
  const session = await create(server)
  assert.equal((await server.api('GET', `/v1/connect_sessions/${session.id}?wait=1`)).body.status, 'open')
  const soon = new Date(Date.now() + 300)
  await server.services.db
    .updateTable('connect_sessions')
    .set({ expires_at: soon })
    .where('id', '=', session.id)
    .execute()
  assert.equal((await server.api('GET', `/v1/connect_sessions/${session.id}?wait=30`)).body.status, 'expired')
})

test('a thousand who wait for twenty sessions cost one query every half second', async (t) => {
  const server = await startTestServer(t)
  let queries = 0
  const counting = server.services.db.withPlugin({
    transformQuery: ({ node }) => {
      queries += 1
      return node
    },
    transformResult: async ({ result }) => result,
  })
  const watch = createRowWatch(counting, 'connect_sessions', () => server.services.log)
  t.after(watch.stop)
  const sessions = await Promise.all(Array.from({ length: 20 }, () => create(server)))
  const { signal } = new AbortController()
  const started = performance.now()
  const waits = Array.from({ length: 1000 }, (_, i) => {
    const { id, version } = sessions[i % sessions.length] ?? { id: '', version: 0 }
    return watch.changed({ id, version }, 1700, signal)
  })
  await Promise.all(waits)
  assert.ok(queries >= 1 && queries <= 4, `${queries} queries in ${performance.now() - started} ms`)
})

test('server-sent events tell the status at once and at each change, then end', async (t) => {
  const server = await startTestServer(t)
  const session = await create(server, { allowed_origins: [APP] })
  const headers = { authorization: `Bearer ${server.api_key}` }
  const stream = await fetch(`${server.base_url}/v1/connect_sessions/${session.id}/events`, { headers })
  const publicly = await fetch(`${session.status_url}/events`, { headers: { origin: APP } })
  assert.match(stream.headers.get('content-type') ?? '', /^text\/event-stream/)
  assert.equal(publicly.headers.get('access-control-allow-origin'), APP)
  await finish(server, session, 'deny')
  await finish(server, session)
  for (const response of [stream, publicly]) {
    const events = [...(await response.text()).matchAll(/event: status\ndata: (.*)\nid: (.*)\n/g)]
    const seen = events.map(([, data = '', id]) => [JSON.parse(data).status, id])
    assert.deepEqual(seen.at(0), ['open', '1-open'])
    assert.deepEqual(seen.at(-1), ['completed', '3-completed'])
  }
  const again = await fetch(`${session.status_url}/events`, { headers: { 'last-event-id': '3-completed' } })
  assert.equal(again.status, 204)
})

test('a status token reads the status and nothing else, and only pages of allowed origins may read it', async (t) => {
  const server = await startTestServer(t)
  const session = await create(server, {
    end_user: { id: 'person-1', email: 'ada@example.com' },
    allowed_origins: [APP],
  })
  const from = (origin: string) => fetch(session.status_url, { headers: { origin } })
  assert.equal((await from(APP)).headers.get('access-control-allow-origin'), APP)
  for (const origin of ['https://evil.example', `${APP}.evil.example`, 'null', APP.toUpperCase()]) {
    const answer = await from(origin)
    assert.equal(answer.headers.get('access-control-allow-origin'), null, origin)
    assert.equal(answer.headers.get('vary'), 'Origin')
  }
  const status = await readJson(await from(APP))
  assert.deepEqual(Object.keys(status).sort(), ['connection_id', 'error', 'expires_at', 'id', 'status', 'version'])
  assert.equal((await server.api('GET', '/v1/connections', undefined, session.status_token)).status, 401)
  assert.equal((await fetch(`${server.base_url}/connect/${session.status_token}/session`)).status, 404)
  assert.equal((await fetch(`${server.base_url}/connect_status/unknown`)).status, 404)
})

test('required and optional scopes are asked for, and without a required one no connection is made', async (t) => {
  const server = await startTestServer(t)
  const scopes = { required_scopes: ['openid', 'customers:read'], optional_scopes: ['orders:read'] }
  const link = await createLink(server, scopes)
  const url = await startAuthorization(createTestBrowser(server.base_url), link)
  assert.equal(url.searchParams.get('scope'), 'openid customers:read orders:read')
  const { connection_id } = await connect(server, scopes)
  const { body: connection } = await server.api('GET', `/v1/connections/${connection_id}`)
  assert.deepEqual(connection.scopes.sort(), ['customers:read', 'openid', 'orders:read'])

  const missing = await create(server, { required_scopes: ['customers:read', 'nothing:here'] })
  assert.equal((await finish(server, missing)).status, 303)
  const { body } = await server.api('GET', `/v1/connect_sessions/${missing.id}`)
  assert.deepEqual([body.status, body.error.code], ['open', 'scopes_missing'])
  assert.match(body.error.message, /nothing:here/)
})

test('sessions and their codes are swept when their time is over', async (t) => {
  const clock = { ahead: 0 }
  const server = await startTestServer(t, { now: () => new Date(Date.now() + clock.ahead) })
  const session = await create(server, { config: { region: 'asia' } })
  const left = () =>
    server.services.db.selectFrom('connect_sessions').select(['user_code_hash', 'config_sealed']).execute()
  clock.ahead = 16 * 60_000
  await sweepExpired(server.services)
  assert.equal((await left())[0]?.user_code_hash, null)
  assert.notEqual((await left())[0]?.config_sealed, null)
  clock.ahead = 29 * 24 * 3600_000
  await sweepExpired(server.services)
  assert.equal((await server.api('GET', `/v1/connect_sessions/${session.id}`)).body.status, 'expired')
  clock.ahead = 31 * 24 * 3600_000
  await sweepExpired(server.services)
  assert.deepEqual(await left(), [])
})

test('a device polls until the person is done, and is told to slow down', async (t) => {
  const clock = { ahead: 0 }
  const server = await startTestServer(t, { now: () => new Date(Date.now() + clock.ahead) })
  const session = await create(server)
  const poll = async (device_code = session.device.device_code) => {
    const { status, body } = await server.api('POST', '/connect_status', { device_code }, null)
    return status === 200 ? body : body.code
  }
  assert.equal(await poll('unknown'), 'invalid_grant')
  assert.equal(await poll(), 'authorization_pending')
  assert.equal(await poll(), 'slow_down')
  clock.ahead += 6_000
  assert.equal(await poll(), 'slow_down')
  clock.ahead += 16_000
  assert.equal(await poll(), 'authorization_pending')
  await finish(server, session)
  const done = await poll()
  assert.equal(done.status, 'completed')
  assert.ok(done.connection_id)

  const cancelled = await create(server)
  await server.api('DELETE', `/v1/connect_sessions/${cancelled.id}`)
  assert.equal(await poll(cancelled.device.device_code), 'access_denied')
  const expired = await create(server, { expires_in_seconds: 60 })
  clock.ahead += 61_000
  assert.equal(await poll(expired.device.device_code), 'expired_token')
})

test('a session repairs a connection in place: same id, config prefilled, nothing left for another to take over', async (t) => {
  const server = await startTestServer(t)
  const { connection_id } = await connect(server, { end_user: { id: 'person-1' } })
  const session = await create(server, { connector_id: undefined, connection_id })
  assert.deepEqual([session.repair, session.connection_id, session.status], [true, connection_id, 'open'])
  assert.deepEqual(session.end_user, { id: 'person-1' })
  const page = await readJson(await fetch(`${session.url}/session`))
  assert.equal(page.config.region, validConfig.region)
  assert.equal((await finish(server, session)).status, 303)
  const { body } = await server.api('GET', `/v1/connect_sessions/${session.id}`)
  assert.deepEqual([body.status, body.connection_id], ['completed', connection_id])
  assert.equal((await server.api('GET', '/v1/connections')).body.data.length, 1)
  const history = await server.services.db.selectFrom('connection_history').select('kind').orderBy('id').execute()
  assert.deepEqual(
    history.map(({ kind }) => kind),
    ['created', 'repaired'],
  )
})

test('a server that stops answers whoever waits, and looks for nobody any more', async (t) => {
  const server = await startTestServer(t)
  const session = await create(server)
  const poll = server.api('GET', `/v1/connect_sessions/${session.id}?wait=60`)
  const events = await fetch(`${session.status_url}/events`)
  const stream = events.text()
  const watched = server.services.session_watch
  await watched.changed({ id: session.id, version: -1 }, 2000, new AbortController().signal)
  watched.stop()
  assert.equal((await poll).body.status, 'open')
  assert.equal((await stream).match(/event: status/g)?.length, 1)
})

test('one session’s status token keeps nobody else from waiting', async () => {
  const unused = { selectFrom: () => assert.fail('nobody waits so long') } as never // asked after half a second only
  const watch = createRowWatch(unused, 'connect_sessions', () => assert.fail('nothing to log') as never)
  const { signal } = new AbortController()
  const wait = (id: string) => watch.changed({ id, version: 1 }, 10_000, signal)
  const waiting = Array.from({ length: 100 }, () => wait('one'))
  await assert.rejects(wait('one'), { code: 'too_many_waiting' })
  const other = wait('other')
  watch.wake('one')
  await Promise.all(waiting)
  const again = wait('one')
  watch.stop()
  await Promise.all([other, again])
})
