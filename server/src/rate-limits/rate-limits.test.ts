import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hono } from 'hono'
import { pino } from 'pino'
import { createLink } from '../testing/connect-story.ts'
import { readJson } from '../testing/test-browser.ts'
import { startTestServer } from '../testing/test-server.ts'
import { uuidv7 } from '../uuid.ts'
import { clientAddress, clientNetwork, trustedProxies } from './client-address.ts'
import { createRateLimits } from './rate-limits.ts'
import { countReplicas } from './share-among-replicas.ts'
import { createTokenBuckets, KEPT_BUCKETS } from './token-buckets.ts'

test('a bucket lets a burst through, then as many as it gains, and says when to come again', () => {
  let now = 0
  const buckets = createTokenBuckets({ per_second: 2, burst: 4 }, () => now)
  const take = () => buckets.take('a').remaining
  assert.deepEqual([take(), take(), take(), take(), take()], [3, 2, 1, 0, -1])
  assert.equal(buckets.take('a').retry_after_seconds, 1)
  assert.equal(buckets.take('b').remaining, 3)
  now += 500
  assert.deepEqual([take(), take()], [0, -1])
  now += 60_000
  assert.deepEqual([take(), take()], [3, 2])
  buckets.share(0.25)
  now += 60_000
  assert.deepEqual([take(), take()], [0, -1])
})

test('S20 a million clients leave the limiter’s memory bounded', () => {
  const buckets = createTokenBuckets({ per_second: 1, burst: 1 }, () => 0)
  let most = 0
  for (let client = 0; client < 1_000_000; client += 1) {
    buckets.take(String(client))
    most = Math.max(most, buckets.size())
  }
  assert.ok(most > KEPT_BUCKETS && most <= 2 * KEPT_BUCKETS, `${most}`)
})

test('S20 starting authorizations is bounded for each client, with a problem that says when to try again', async (t) => {
  const server = await startTestServer(t, {
    rate_limits: { per_key: 0, anonymous: 0.2, trusted_proxies: ['127.0.0.0/8', '::1'] },
  })
  const link = await createLink(server)
  const start = (client: string) =>
    fetch(new URL(`${link.path}/authorize`, server.base_url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', 'x-forwarded-for': client },
      body: JSON.stringify({ config: { region: 'europe' } }),
    })
  const answers = await Promise.all(Array.from({ length: 40 }, () => start('198.51.100.7')))
  assert.ok(answers.some(({ status }) => status === 200))
  const refused = answers.find(({ status }) => status === 429) ?? assert.fail('all were let through')
  assert.equal(refused.headers.get('content-type'), 'application/problem+json')
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  assert.match(refused.headers.get('ratelimit') ?? '', /^"client";r=0;t=[1-9]\d*$/)
  assert.equal(refused.headers.get('ratelimit-policy'), '"client";q=2;w=10')
  assert.equal((await readJson(refused)).code, 'too_many_requests')
  assert.equal((await start('198.51.100.8')).status, 200)
})

test('X-Forwarded-For of strangers is not believed: whoever sends it stays one client', async (t) => {
  const server = await startTestServer(t, { rate_limits: { per_key: 0, anonymous: 0.2, trusted_proxies: [] } })
  const statuses = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const headers = { 'x-forwarded-for': `198.51.100.${index}`, forwarded: `for=198.51.100.${index}` }
      return (await fetch(new URL('/connect/nothing/session', server.base_url), { headers })).status
    }),
  )
  assert.ok(statuses.includes(429))
  assert.equal(server.logs.filter((line) => line.includes('SLUICE_TRUSTED_PROXIES')).length, 1)
})

test('each API key has a limit of its own, and wrong keys count against the client', async (t) => {
  const server = await startTestServer(t, { rate_limits: { per_key: 0.4, anonymous: 0.2, trusted_proxies: [] } })
  const { body: other } = await server.api('POST', '/v1/api_keys', { name: 'other', scopes: ['runs:read'] })
  const call = async (key: string) => server.api('GET', '/v1/runs', undefined, key)
  const mine = await Promise.all(Array.from({ length: 30 }, () => call(server.api_key)))
  const refused = mine.find(({ status }) => status === 429)
  assert.equal(refused?.body.code, 'too_many_requests')
  assert.equal((await call(other.key)).status, 200)
  const wrong = await Promise.all(Array.from({ length: 30 }, () => call('sluice_wrong')))
  assert.deepEqual(new Set(wrong.map(({ status }) => status)), new Set([401, 429]))
})

test('servers on one database share the limits, and one that is gone leaves its share', async (t) => {
  const { services } = await startTestServer(t)
  const { db } = services
  const [second, third] = [uuidv7(), uuidv7()]
  assert.equal(await countReplicas(db, second), 2)
  assert.equal(await countReplicas(db, third), 3)
  assert.equal(await countReplicas(db, second), 3)
  const gone = new Date(Date.now() - 60_000)
  await db.updateTable('server_processes').set({ seen_at: gone }).where('id', '=', third).execute()
  assert.equal(await countReplicas(db, second), 2)
  assert.equal((await db.selectFrom('server_processes').selectAll().execute()).length, 2)

  const limits = createRateLimits({ per_key: 20, anonymous: 0, trusted_proxies: [] }, pino({ enabled: false }))
  limits.share(1 / 4)
  let let_through = 0
  assert.throws(
    () => {
      for (; ; let_through += 1) limits.countKey('key')
    },
    { code: 'too_many_requests' },
  )
  assert.equal(let_through, 25)
})

test('the client behind trusted proxies is the last that none of them vouches for', async () => {
  const trusted = trustedProxies(['10.0.0.0/8', '2001:db8::/32'])
  const addressOf = async (peer: string | undefined, forwarded?: string) => {
    const app = new Hono().get('/', (c) => c.text(clientAddress(c, trusted)))
    const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
    return (await app.request('/', { headers }, { incoming: { socket: { remoteAddress: peer } } })).text()
  }
  assert.equal(await addressOf('203.0.113.5', '198.51.100.1'), '203.0.113.5')
  assert.equal(await addressOf('10.1.2.3', '198.51.100.1'), '198.51.100.1')
  assert.equal(await addressOf('::ffff:10.1.2.3', '6.6.6.6, 198.51.100.1, 10.9.9.9'), '198.51.100.1')
  assert.equal(await addressOf('2001:db8::1', '10.0.0.7'), '10.0.0.7')
  assert.equal(await addressOf('10.1.2.3', 'unknown, nonsense'), '10.1.2.3')
  assert.equal(await addressOf('10.1.2.3'), '10.1.2.3')
  assert.equal(await addressOf(undefined, '198.51.100.1'), 'unknown')
  for (const wrong of ['10.0.0.0/40', 'proxy.example', '10.0.0.0/8/8', '']) {
    assert.throws(() => trustedProxies([wrong]), { code: 'invalid_trusted_proxies' })
  }
  assert.equal(clientNetwork('2001:db8:0:1:2:3:4:5'), '2001:db8:0:1::/64')
  assert.equal(clientNetwork('2001:db8::5'), '2001:db8:0:0::/64')
  assert.equal(clientNetwork('192.0.2.1'), '192.0.2.1')
})
