// Several server processes on one database, and a database that goes away.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { secret } from '@sluice/oauth'
import { sql } from 'kysely'
import { connectDatabase } from '../database/connect.ts'
import { connect } from '../testing/connect-story.ts'
import { defer } from '../testing/defer.ts'
import { startAnotherServer } from '../testing/refresh-faults/another-server.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../testing/test-server.ts'
import { commitTokens } from './commit-tokens.ts'
import { readGrant } from './grant.ts'
import { createProviderCircuits } from './provider-circuit.ts'
import { claimGrant } from './refresh-lease.ts'

async function connected(t: TestContext, options: TestServerOptions = {}) {
  const server = await startTestServer(t, options)
  const { connection_id } = await connect(server)
  return { server, place: { id: connection_id, tenant_id: server.tenant_id } }
}

async function expire({ services }: TestServer, { id, tenant_id }: { id: string; tenant_id: string }): Promise<void> {
  await services.db
    .updateTable('grants')
    .set({ issued_at: new Date(Date.now() - 3_600_000), access_token_expires_at: new Date(Date.now() - 1000) })
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', id)
    .execute()
}

test('sixty-four readers at three server processes make one provider call, and all get what it gave', async (t) => {
  const { server, place } = await connected(t, { rotation: 'always' })
  const others = await Promise.all([startAnotherServer(server), startAnotherServer(server)])
  for (const other of others) defer(t, other.kill)
  await expire(server, place)
  const calls = server.lab.token_requests
  const addresses = [server.base_url, ...others.map(({ base_url }) => base_url)]
  const answers = await Promise.all(
    Array.from({ length: 64 }, async (_, index) => {
      const address = addresses[index % addresses.length] ?? ''
      const response = await fetch(`${address}/v1/connections/${place.id}/credentials`, {
        headers: { authorization: `Bearer ${server.api_key}` },
      })
      return { status: response.status, body: (await response.json()) as { version: number; access_token: string } }
    }),
  )
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  assert.equal(new Set(answers.map(({ body }) => body.access_token)).size, 1)
  assert.equal(answers[0]?.body.version, 2)
  assert.equal(server.lab.token_requests - calls, 1)
})

test('whoever holds a lease that is over and taken cannot write, and the new holder can', async (t) => {
  const { server, place } = await connected(t)
  const { services } = server
  const grant = await readGrant(services, place)
  const policy = { rotation: 'always', reuse: 'refused', grace_seconds: 0 } as const
  const options = {
    at: new Date(),
    behaviour: {
      refreshes_with: 'refresh_token' as const,
      refresh_policy: { ...policy, idle_lifetime: null, absolute_lifetime: null, margin_seconds: null },
    },
  }
  const tokens = (name: string) => ({
    tokens: {
      access_token: secret(name),
      refresh_token: secret(`${name}-refresh`),
      expires_at: new Date(Date.now() + 3_600_000),
      scope: null,
      token_type: 'Bearer',
      response: secret({}),
    },
    credentials: secret({ access_token: name }),
  })

  const claim = async (seconds: number) => {
    const claimed = await claimGrant(services, grant, { seconds, trigger: 'read', heed_retry_at: false })
    return claimed && { grant, lease: claimed.lease, ailing: false }
  }
  const late = await claim(0)
  assert.ok(late)
  let holder = await claim(20)
  // A database that has just started leaves leases to their owners for some seconds.
  for (; holder === null; holder = await claim(20)) await new Promise(setImmediate)
  assert.notEqual(holder.lease.in_doubt_seconds, null, 'the call of the late one is in doubt')
  assert.equal(await claim(20), null)

  assert.equal(await commitTokens(services, late, tokens('late'), options, async () => {}), false)
  assert.equal((await readGrant(services, place)).version, grant.version)
  assert.equal(await commitTokens(services, holder, tokens('holder'), options, async () => {}), true)
  const after = await readGrant(services, place)
  assert.deepEqual([after.version, after.access_token.reveal()], [grant.version + 1, 'holder'])
  assert.equal(await commitTokens(services, late, tokens('late'), options, async () => {}), false)
  assert.equal((await readGrant(services, place)).access_token.reveal(), 'holder')
})

test('a database that ends every connection between reply and commit loses no token', async (t) => {
  let goAway = async () => {}
  const { server, place } = await connected(t, {
    rotation: 'always',
    refresh: { onStep: async (step) => (step === 'after_reply' ? goAway() : undefined) },
  })
  const { pathname } = new URL(server.database_url)
  const name = pathname.slice(1)
  const adminUrl = new URL(server.database_url)
  adminUrl.pathname = '/postgres'
  const admin = connectDatabase(adminUrl.toString(), { connections: 1 })
  defer(t, admin.close)
  goAway = async () => {
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`.execute(admin.db)
  }
  const outcome = await server.services.refresher.refresh({ ...place, connection_id: place.id, version: 1 }, 'demand')
  assert.equal(outcome.outcome, 'refreshed')
  const { body } = await server.api('GET', `/v1/connections/${place.id}/credentials`)
  assert.equal(body.version, 2)
  const api = await fetch(`${server.lab.origin}/api/me`, { headers: { authorization: `Bearer ${body.access_token}` } })
  assert.equal(api.status, 200)
  await api.body?.cancel()
})

test('tokens are refreshed ahead of time while nobody reads them, also short ones', async (t) => {
  const { server, place } = await connected(t, {
    access_token_seconds: 4,
    rotation: 'always',
    refresh: { ahead: true },
  })
  const seen: { version: number; left_ms: number }[] = []
  while (seen.length < 3) {
    const grant = await readGrant(server.services, place)
    const left_ms = (grant.access_token_expires_at?.getTime() ?? 0) - Date.now()
    if (seen.at(-1)?.version !== grant.version) seen.push({ version: grant.version, left_ms })
    assert.ok(left_ms > -2000, `a token was left to expire, ${left_ms} ms`)
    await new Promise(setImmediate)
  }
  const { body } = await server.api('GET', `/v1/connections/${place.id}/refreshes`)
  assert.deepEqual([body.data[0].trigger, body.data.at(-1).outcome], ['ahead', 'refreshed'])
})

test('a circuit opens for all processes after five failures in a row, and one call asks whether it is over', async (t) => {
  const { server } = await connected(t)
  const [one, other] = [createProviderCircuits(server.services.db), createProviderCircuits(server.services.db)]
  const host = 'provider.example'
  for (let count = 0; count < 5; count += 1) {
    assert.deepEqual(await one.admit(host), { admitted: true })
    await one.failed(host, null)
  }
  assert.equal((await one.admit(host)).admitted, false)
  assert.equal((await other.admit(host)).admitted, true, 'it has not heard yet')
  await other.learn()
  assert.equal((await other.admit(host)).admitted, false)
  assert.equal(other.open(), 1)

  await sql`update provider_circuits set open_until = now()`.execute(server.services.db)
  await Promise.all([one.learn(), other.learn()])
  const asked = await Promise.all([one.admit(host), other.admit(host), one.admit(host)])
  assert.equal(asked.filter(({ admitted }) => admitted).length, 1)
  await one.succeeded(host)
  await other.learn()
  assert.deepEqual([await one.admit(host), await other.admit(host)], [{ admitted: true }, { admitted: true }])
})

test('what a provider asks for by Retry-After is heeded by grant and circuit', async (t) => {
  const { server, place } = await connected(t)
  await expire(server, place)
  const headers = { 'retry-after': '120' }
  server.lab.fault({ status: 429, headers, body: '{"error":"slow_down"}' })
  const refused = await server.api('GET', `/v1/connections/${place.id}/credentials`)
  assert.equal(refused.status, 503)
  const again = await server.api('GET', `/v1/connections/${place.id}/credentials`)
  assert.ok(Number(again.headers.get('retry-after')) > 100, again.headers.get('retry-after') ?? '')
})

test('a reported 401 refreshes a token whose age is not known; a report about an older or a new one does not', async (t) => {
  const { server, place } = await connected(t)
  const path = `/v1/connections/${place.id}/credentials:report`
  const young = await server.api('POST', path, { version: 1, status: 401 })
  assert.deepEqual([young.status, young.body.refreshed], [200, false])
  await server.services.db
    .updateTable('grants')
    .set({ issued_at: new Date(Date.now() - 60_000), access_token_expires_at: null, refresh_due_at: null })
    .where('tenant_id', '=', place.tenant_id)
    .where('connection_id', '=', place.id)
    .execute()
  const other = await server.api('POST', path, { version: 1, status: 403 })
  assert.equal(other.body.refreshed, false, 'a 403 is no sign of age')
  const reported = await server.api('POST', path, { version: 1, status: 401 })
  assert.deepEqual([reported.status, reported.body.refreshed, reported.body.version], [200, true, 2])
  assert.equal((await server.api('POST', path, { version: 1, status: 401 })).body.refreshed, false)
  assert.equal(server.lab.token_requests, 2)
  const unknown = '/v1/connections/0198c1a0-0000-7000-8000-000000000000/credentials:report'
  assert.equal((await server.api('POST', unknown, { version: 1, status: 401 })).status, 404)
})
