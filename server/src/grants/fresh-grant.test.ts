import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findConnection, openConfig } from '../connections/connection.ts'
import { connect } from '../testing/connect-story.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../testing/test-server.ts'
import { freshGrant } from './fresh-grant.ts'

async function connected(t: Parameters<typeof startTestServer>[0], options: TestServerOptions) {
  const clock = { ahead: 0 }
  const server = await startTestServer(t, { ...options, now: () => new Date(Date.now() + clock.ahead) })
  const { connection_id } = await connect(server)
  return { server, clock, connection: await connectionOf(server, connection_id) }
}

async function connectionOf(server: TestServer, id: string) {
  const row = await findConnection(server.services, server.tenant_id, id)
  return { ...row, config: await openConfig(server.services, row) }
}

test('a token is used as it is while it has life left', async (t) => {
  const { server, clock, connection } = await connected(t, { access_token_seconds: 1000 })
  const first = await freshGrant(server.services, connection)
  clock.ahead = 800_000
  const second = await freshGrant(server.services, connection)
  assert.equal(second.version, first.version)
  assert.equal(server.lab.token_requests, 1)
})

test('S40 refresh keeps the old refresh token when none is returned, in the grant and in the credentials', async (t) => {
  const { server, clock, connection } = await connected(t, { access_token_seconds: 1000, rotation: 'never' })
  const before = await freshGrant(server.services, connection)
  clock.ahead = 950_000
  const after = await freshGrant(server.services, connection)
  assert.equal(after.version, before.version + 1)
  assert.equal(after.refresh_token?.reveal(), before.refresh_token?.reveal())
  assert.equal(after.credentials.reveal().refresh_token, before.credentials.reveal().refresh_token)
  assert.notEqual(after.credentials.reveal().access_token, before.credentials.reveal().access_token)
  assert.ok((after.access_token_expires_at?.getTime() ?? 0) > (before.access_token_expires_at?.getTime() ?? 0))
})

test('many readers of a stale grant make one provider call, and a rotated refresh token is kept', async (t) => {
  const { server, clock, connection } = await connected(t, { access_token_seconds: 1000, rotation: 'always' })
  const before = await freshGrant(server.services, connection)
  clock.ahead = 950_000
  const grants = await Promise.all(Array.from({ length: 16 }, () => freshGrant(server.services, connection)))
  assert.equal(server.lab.token_requests, 2)
  assert.equal(new Set(grants.map((grant) => grant.version)).size, 1)
  assert.notEqual(grants[0]?.refresh_token?.reveal(), before.refresh_token?.reveal())
})

test('S41 an outage while refreshing leaves the grant alive, and its token in use while that lives', async (t) => {
  const { server, clock, connection } = await connected(t, { access_token_seconds: 1000 })
  const before = await freshGrant(server.services, connection)
  clock.ahead = 950_000
  server.lab.fault('html_502')
  assert.equal((await freshGrant(server.services, connection)).version, before.version)
  assert.equal((await server.api('GET', `/v1/connections/${connection.id}`)).body.status, 'healthy')

  clock.ahead = 1_050_000
  server.lab.fault('html_502')
  const refused = await server.api('GET', `/v1/connections/${connection.id}/credentials`)
  assert.deepEqual([refused.status, refused.body.code], [503, 'provider_unavailable'])
  const failing = (await server.api('GET', `/v1/connections/${connection.id}`)).body
  assert.equal(failing.status, 'failing')
  assert.deepEqual([failing.problems[0].owner, failing.problems[0].verdict], ['provider', 'transient'])

  const requests = server.lab.token_requests
  const again = await server.api('GET', `/v1/connections/${connection.id}/credentials`)
  assert.equal(again.status, 503)
  assert.ok(Number(again.headers.get('retry-after')) > 0)
  assert.equal(server.lab.token_requests, requests, 'the pause after a failure is kept')

  clock.ahead += 60_000
  assert.equal((await freshGrant(server.services, connection)).version, before.version + 1)
  const recovered = (await server.api('GET', `/v1/connections/${connection.id}`)).body
  assert.deepEqual([recovered.status, recovered.problems], ['healthy', []])
})

test('a grant that the provider calls dead needs the person, and says so', async (t) => {
  const { server, clock, connection } = await connected(t, { access_token_seconds: 1000 })
  const grant = await freshGrant(server.services, connection)
  await revoke(server, grant.refresh_token?.reveal() ?? '')
  clock.ahead = 1_100_000
  await assert.rejects(freshGrant(server.services, connection), { code: 'reauthorization_required' })
  const { body } = await server.api('GET', `/v1/connections/${connection.id}`)
  assert.equal(body.status, 'needs_reauthorization')
  assert.ok(body.status_reason)
  const [problem] = body.problems
  assert.deepEqual([problem.code, problem.owner], ['reauthorization_required', 'person'])
  assert.ok(problem.next_action && problem.since)
  const requests = server.lab.token_requests
  for (let count = 0; count < 3; count += 1) {
    await assert.rejects(freshGrant(server.services, connection), { code: 'reauthorization_required' })
  }
  assert.equal(server.lab.token_requests, requests, 'a dead grant is not tried again')
  assert.deepEqual(await eventsOf(server), ['connection.created', 'connection.broken'])
  const run = await server.api('POST', '/v1/runs?wait=20', { connection_id: connection.id, operation: 'discover' })
  assert.equal(run.body.error.verdict, 'reauthorize')
})

async function eventsOf({ services, tenant_id }: TestServer): Promise<string[]> {
  const events = await services.db
    .selectFrom('events')
    .select('type')
    .where('tenant_id', '=', tenant_id)
    .orderBy('id')
    .execute()
  return events.map(({ type }) => type)
}

async function revoke(server: TestServer, token: string): Promise<void> {
  const response = await fetch(`${server.lab.origin}/token/revocation`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${server.integration.client_id}:${server.client_secret}`).toString('base64')}`,
    },
    body: new URLSearchParams({ token }),
  })
  assert.equal(response.status, 200, await response.text())
}
