// A Postgres that is stopped and started again in the middle of a refresh, and under readers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '../testing/connect-story.ts'
import { startStoppablePostgres } from '../testing/stoppable-postgres.ts'
import { startTestServer } from '../testing/test-server.ts'

/** Longer than reconnecting takes at first, so that connections are refused and wait. */
const OUTAGE_MS = 3000

test('a database that is down for seconds between reply and commit gets the tokens when it is back', async (t) => {
  const postgres = await startStoppablePostgres(t)
  let back: Promise<void> | undefined
  const server = await startTestServer(t, {
    rotation: 'always',
    refresh: {
      onStep: async (step) => {
        if (step !== 'after_reply') return
        await postgres.stop()
        back = delay(OUTAGE_MS).then(postgres.start)
      },
    },
  })
  const { connection_id } = await connect(server)
  const { tenant_id } = server

  const attempt = server.services.refresher.refresh({ tenant_id, connection_id, version: 1 }, 'demand')
  while (back === undefined) await new Promise(setImmediate)
  const meanwhile = await server.api('GET', `/v1/connections/${connection_id}/credentials`)
  assert.equal(meanwhile.status, 503, 'a reader is told, and does not hang')
  assert.equal((await attempt).outcome, 'refreshed')
  await back
  const { status, body } = await server.api('GET', `/v1/connections/${connection_id}/credentials`)
  assert.deepEqual([status, body.version], [200, 2])
  const api = await fetch(`${server.lab.origin}/api/me`, { headers: { authorization: `Bearer ${body.access_token}` } })
  assert.equal(api.status, 200)
  await api.body?.cancel()
  const { body: refreshes } = await server.api('GET', `/v1/connections/${connection_id}/refreshes`)
  assert.deepEqual([refreshes.data.length, refreshes.data[0].outcome], [1, 'refreshed'])
  assert.equal(server.lab.token_requests, 2)
})

test('without its database every route answers 503 with when to come again, and serves again once it is back', async (t) => {
  const postgres = await startStoppablePostgres(t)
  const server = await startTestServer(t)
  const { connection_id } = await connect(server)
  const { body: session } = await server.api('POST', '/v1/connect_sessions', { connector_id: 'source-lab' })
  const { pathname, search } = new URL(session.status_url)
  const routes = [
    `/v1/connections/${connection_id}/credentials`,
    `/v1/connections/${connection_id}`,
    '/v1/connections',
    '/v1/events',
    '/v1/diagnostics',
    `/v1/connect_sessions/${session.id}`,
    `${pathname}${search}`,
  ]
  const patience = { signal: AbortSignal.timeout(60_000) }
  const seen = new Map(routes.map((route) => [route, [] as string[]]))
  const away = new Set<string>()
  const again = new Set<string>()
  /** Reads on until its route was refused and then served. */
  const reader = async (route: string) => {
    while (!again.has(route)) {
      const { status, body, headers } = await server.api('GET', route)
      if (status === 200 && away.has(route)) again.add(route)
      if (status === 503) away.add(route)
      const kind = status === 503 ? `503 ${body.code} ${Number(headers.get('retry-after')) > 0}` : String(status)
      seen.get(route)?.push(kind)
      await delay(20, undefined, patience)
    }
  }
  const readers = routes.flatMap((route) => [reader(route), reader(route), reader(route)])
  await postgres.stop()
  while (away.size < routes.length) await delay(20, undefined, patience)
  const write = await server.api('POST', '/v1/connect_sessions', { connector_id: 'source-lab' })
  assert.deepEqual([write.status, write.body.code], [503, 'database_unavailable'])
  assert.equal((await server.api('GET', '/health/live')).status, 200)
  assert.equal((await server.api('GET', '/health/ready')).status, 503)
  await postgres.start()
  await Promise.all(readers)
  for (const [route, answers] of seen) {
    const kinds = new Set(answers)
    assert.deepEqual([...kinds].sort(), ['200', '503 database_unavailable true'], `${route}: ${[...kinds].join(', ')}`)
  }
  assert.equal((await server.api('GET', '/health/ready')).status, 200)
  assert.ok(!server.logs.some((line) => line.includes('unexpected error')), 'an outage is no mystery')
})
