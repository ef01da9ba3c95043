import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { connect } from '../testing/connect-story.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../testing/test-server.ts'

async function connected(t: TestContext, options: TestServerOptions = {}) {
  const server = await startTestServer(t, options)
  const { connection_id } = await connect(server)
  const refresh = () => server.services.refresher.refresh({ ...grant, version: 1 }, 'demand')
  const grant = { tenant_id: server.tenant_id, connection_id }
  return { server, connection_id, refresh }
}

async function pauseOf({ services, tenant_id }: TestServer, connectionId: string): Promise<number> {
  const { retry_at } = await services.db
    .selectFrom('grants')
    .select('retry_at')
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', connectionId)
    .executeTakeFirstOrThrow()
  return ((retry_at?.getTime() ?? 0) - Date.now()) / 1000
}

test('a client that is refused is told once, tried less and less often, and told to have recovered', async (t) => {
  const { server, connection_id, refresh } = await connected(t)
  const pauses: number[] = []
  for (let count = 0; count < 3; count += 1) {
    server.lab.fault({ status: 401, body: '{"error":"invalid_client"}' })
    const result = await refresh()
    assert.ok(result.outcome === 'failed')
    assert.deepEqual([result.problem.verdict, result.problem.owner], ['integration_broken', 'operator'])
    pauses.push(await pauseOf(server, connection_id))
  }
  // One, two and four minutes, each a fifth more or less.
  for (const [index, pause] of pauses.entries()) {
    assert.ok(pause > 60 * 2 ** index * 0.7 && pause < 60 * 2 ** index * 1.25, `${pauses}`)
  }
  assert.equal((await server.api('GET', `/v1/connections/${connection_id}`)).body.status, 'failing')
  assert.equal((await refresh()).outcome, 'refreshed')
  const { body } = await server.api('GET', `/v1/connections/${connection_id}`)
  assert.deepEqual([body.status, body.problems], ['healthy', []])

  const events = await server.api('GET', '/v1/events')
  const told = events.body.data.map(({ type }: { type: string }) => type).toReversed()
  assert.deepEqual(told, ['connection.created', 'connection.broken', 'connection.recovered'])

  const metrics = await (await fetch(new URL('/metrics', server.base_url))).text()
  assert.match(metrics, /^sluice_refreshes_total\{trigger="demand",outcome="integration_broken"\} 3$/m)
  assert.match(metrics, /^sluice_refreshes_total\{trigger="demand",outcome="refreshed"\} 1$/m)
  assert.match(metrics, /^sluice_provider_circuits_open 0$/m)
  assert.ok(!metrics.includes(connection_id) && !metrics.includes(server.tenant_id))
})

test('a stop gives up a provider that hangs, and writes down that the end is unknown', async (t) => {
  const { server, connection_id, refresh } = await connected(t, {
    rotation: 'always',
    refresh: { limits: { stop_ms: 100 } },
  })
  const { promise: asked, resolve: noticed } = Promise.withResolvers<void>()
  server.lab.fault({ reply: 'never', noticed })
  const attempt = refresh()
  await asked
  await server.services.refresher.stop()
  const result = await attempt
  assert.ok(result.outcome === 'failed')
  assert.match(result.error.message, /before the server stopped/)
  const { body } = await server.api('GET', `/v1/connections/${connection_id}/refreshes`)
  assert.equal(body.data[0].outcome, 'in_doubt')
})

test('tokens of a reply that does not fit the response map are kept, in their places', async (t) => {
  const { server, connection_id, refresh } = await connected(t, { rotation: 'always' })
  const reply = { access_token: 'access-2', refresh_token: 'refresh-2', token_type: 'Bearer', expires_in: 'soon' }
  server.lab.fault({ status: 200, body: JSON.stringify(reply) })
  assert.equal((await refresh()).outcome, 'refreshed')
  const { body } = await server.api('GET', `/v1/connections/${connection_id}/credentials`)
  assert.deepEqual([body.version, body.access_token], [2, 'access-2'])
  assert.deepEqual([body.credentials.access_token, body.credentials.refresh_token], ['access-2', 'refresh-2'])
})
