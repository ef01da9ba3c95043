// Imports whose server is killed while the provider is asked: what it spent is not lost untold.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import type { RefreshStep } from '../grants/refresher.ts'
import { defer } from '../testing/defer.ts'
import { isAlive, LAB_REDIRECT_URI, obtainLabTokens } from '../testing/lab-tokens.ts'
import { startAnotherServer } from '../testing/refresh-faults/another-server.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../testing/test-server.ts'

async function importServer(t: TestContext, lab: TestServerOptions['lab']) {
  const connector_env = { LAB_REFRESH_TOKENS: JSON.stringify({ reuse: 'refused', grace_seconds: 0, ...lab }) }
  const server = await startTestServer(t, { lab, connector_env })
  const client = { client_id: server.integration.client_id, client_secret: server.client_secret }
  server.lab.addClient({ ...client, redirect_uris: [LAB_REDIRECT_URI] })
  return { server, client }
}

/** A server that is killed at a step of an import. Returns what another one finds, once the dead one's time is over. */
async function killDuringImport(t: TestContext, server: TestServer, step: RefreshStep, refresh_token: string) {
  const { child, base_url, kill } = await startAnotherServer(server)
  defer(t, kill)
  child.send({ die_at: step })
  const exited = once(child, 'exit')
  const request = fetch(new URL('/v1/connections', base_url), {
    method: 'POST',
    headers: { authorization: `Bearer ${server.api_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ connector_id: 'source-lab', config: { region: 'europe' }, grant: { refresh_token } }),
  })
  await assert.rejects(request)
  await exited
  await sql`update grants set refresh_due_at = now() - interval '1 second', lease_until = now() - interval '1 second'
    where lease_owner is not null`.execute(server.services.db)
  const signal = AbortSignal.timeout(30_000)
  for (;;) {
    // What any server does ahead of time; after a start of the database it leaves leases alone for some seconds.
    for (const refresh of await server.services.refresher.refreshDue(10)) await refresh
    const [connection] = (await server.api('GET', '/v1/connections')).body.data
    if (connection?.problems[0]?.code !== 'import_unfinished') return connection
    await delay(100, undefined, { signal })
  }
}

const eventsOf = async ({ services }: TestServer, id: string) =>
  (await services.db.selectFrom('events').select(['type', 'data']).execute())
    .filter(({ data }) => (data as { connection_id?: string }).connection_id === id)
    .map(({ type }) => type)
    .sort()

test('an import whose server is killed is finished by another one, or says what was lost', async (t) => {
  const { server, client } = await importServer(t, { rotation: 'always' })
  for (const [step, end] of [
    ['before_call', 'healthy'],
    ['after_reply', 'needs_reauthorization'],
    ['before_commit', 'needs_reauthorization'],
    ['after_commit', 'healthy'],
  ] as const) {
    const { refresh_token } = await obtainLabTokens(server.lab, client)
    const connection = await killDuringImport(t, server, step, refresh_token)
    assert.equal(connection?.status, end, `${step}: ${JSON.stringify(connection)}`)
    const read = await server.api('GET', `/v1/connections/${connection.id}/credentials`)
    if (end === 'healthy') {
      assert.equal(await isAlive(server.lab, client, read.body.access_token), true, step)
      assert.deepEqual(await eventsOf(server, connection.id), ['connection.created'])
    } else {
      assert.deepEqual([read.status, read.body.code], [409, 'reauthorization_required'])
      assert.deepEqual(
        connection.problems.map(({ owner }: { owner: string }) => owner),
        ['person'],
      )
      assert.deepEqual(await eventsOf(server, connection.id), ['connection.broken', 'connection.created'])
    }
    assert.equal((await server.api('DELETE', `/v1/connections/${connection.id}`)).status, 200)
  }
})

test('a provider that serves a spent token for a while loses nothing to a killed import', async (t) => {
  const lab = { rotation: 'always', reuse: 'revokes_grant', grace_seconds: 60 } as const
  const { server, client } = await importServer(t, lab)
  const { refresh_token } = await obtainLabTokens(server.lab, client)
  const connection = await killDuringImport(t, server, 'after_reply', refresh_token)
  assert.equal(connection?.status, 'healthy', JSON.stringify(connection))
})

test('an import whose reply is lost keeps the connection and says so; one that is refused leaves nothing', async (t) => {
  const { server, client } = await importServer(t, { rotation: 'always' })
  const wanted = (refresh_token: string) => ({
    connector_id: 'source-lab',
    config: { region: 'europe' },
    grant: { refresh_token },
  })
  const refused = await server.api('POST', '/v1/connections', wanted('unknown'))
  assert.deepEqual([refused.status, refused.body.code], [422, 'tokens_refused'])
  assert.deepEqual((await server.api('GET', '/v1/connections')).body.data, [])
  assert.deepEqual(await server.services.db.selectFrom('events').select('type').execute(), [])

  const { refresh_token } = await obtainLabTokens(server.lab, client)
  server.lab.fault({ reply: 'lost' })
  const lost = await server.api('POST', '/v1/connections', wanted(refresh_token))
  assert.deepEqual([lost.status, lost.body.code], [503, 'import_in_doubt'])
  const { data } = (await server.api('GET', '/v1/connections')).body
  assert.equal(data.length, 1)
  assert.ok(lost.body.detail.includes(data[0].id))
  assert.equal(data[0].status, 'failing')
})
