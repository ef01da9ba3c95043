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

test('S41 an outage while refreshing leaves the grant alive', async (t) => {
  const { server, clock, connection } = await connected(t, { access_token_seconds: 1000 })
  clock.ahead = 950_000
  server.lab.fault('html_502')
  await assert.rejects(freshGrant(server.services, connection), { verdict: 'transient' })
  assert.equal((await server.api('GET', `/v1/connections/${connection.id}`)).body.status, 'healthy')
  assert.equal((await freshGrant(server.services, connection)).version, 2)
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
  const run = await server.api('POST', '/v1/runs?wait=20', { connection_id: connection.id, operation: 'discover' })
  assert.equal(run.body.error.verdict, 'reauthorize')
})

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
