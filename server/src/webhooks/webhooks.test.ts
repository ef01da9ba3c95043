import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { Webhook } from 'standardwebhooks'
import { connectDatabase } from '../database/connect.ts'
import { emitEvent } from '../events/emit-event.ts'
import { connect } from '../testing/connect-story.ts'
import { defer } from '../testing/defer.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { type ReceivedWebhook, startWebhookReceiver } from '../testing/webhook-receiver.ts'
import { uuidv7 } from '../uuid.ts'
import { startDeliveryWorker } from './delivery-worker.ts'

async function listening(t: TestContext, body: object = {}) {
  const server = await startTestServer(t)
  const receiver = await startWebhookReceiver(t)
  const created = await server.api('POST', '/v1/webhook_endpoints', { url: receiver.url, ...body })
  assert.equal(created.status, 201, JSON.stringify(created.body))
  return { server, receiver, endpoint: created.body }
}

function emit({ services, tenant_id }: TestServer, data: Record<string, string> = {}) {
  const event = { type: 'connection.broken', data } as const
  return services.db.transaction().execute((tx) => emitEvent(tx, tenant_id, event))
}

const verify = (secret: string, { body, headers }: ReceivedWebhook) =>
  // biome-ignore lint/suspicious/noExplicitAny: what was posted is asserted on
  new Webhook(secret).verify(body, headers as Record<string, string>) as any

/** Waits until no delivery of the server is under way or due. */
async function settled(server: TestServer, expected: string) {
  for (;;) {
    const { body } = await server.api('GET', '/v1/webhook_deliveries')
    // biome-ignore lint/suspicious/noExplicitAny: what was answered is asserted on
    if (body.data.length > 0 && body.data.every((one: any) => one.status === expected)) return body.data
  }
}

/** As if the time of every next attempt had come. */
const hurry = ({ services }: TestServer) =>
  sql`update webhook_deliveries set next_attempt_at = now() where status = 'pending' and claimed_by is null`.execute(
    services.db,
  )

test('a connection that is made is told, signed as Standard Webhooks has it, with nothing secret in it', async (t) => {
  const { server, receiver, endpoint } = await listening(t)
  const { connection_id } = await connect(server)
  const [webhook] = await receiver.count(1)
  assert.ok(webhook)
  const { type, timestamp, data } = verify(endpoint.secret, webhook)
  assert.equal(type, 'connection.created')
  assert.equal(data.connection_id, connection_id)
  assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000)
  assert.throws(() => verify(endpoint.secret, { ...webhook, body: webhook.body.replace('created', 'deleted') }))
  const [delivery] = await settled(server, 'delivered')
  assert.equal(delivery.event_id, webhook.headers['webhook-id'])
  assert.equal(delivery.response_status, 200)

  const listed = await server.api('GET', '/v1/events?type=connection.created')
  assert.equal(listed.body.data[0].id, delivery.event_id)
  const shown = JSON.stringify([
    (await server.api('GET', `/v1/webhook_endpoints/${endpoint.id}`)).body,
    (await server.api('GET', '/v1/webhook_endpoints')).body,
    (await server.api('GET', '/v1/audit_records')).body,
    server.logs,
    webhook.body,
  ])
  assert.ok(!shown.includes(endpoint.secret))
  assert.ok(!shown.includes(server.client_secret))
})

test('an endpoint gets the types that it asked for, and a test event when somebody asks', async (t) => {
  const { server, receiver, endpoint } = await listening(t, { event_types: ['run.failed'] })
  await emit(server)
  const asked = await server.api('POST', `/v1/webhook_endpoints/${endpoint.id}/test`)
  assert.equal(asked.status, 202, JSON.stringify(asked.body))
  const [webhook] = await receiver.count(1)
  assert.equal(JSON.parse(webhook?.body ?? '').type, 'webhook_endpoint.test')
  await settled(server, 'delivered')
  assert.equal(receiver.received.length, 1)
})

test('a delivery that fails is tried again later with a fresh timestamp and the same id, and then gives up', async (t) => {
  const { server, receiver, endpoint } = await listening(t)
  receiver.answer({ status: 500 }, { status: 429, headers: { 'retry-after': '1000' } })
  const id = await emit(server)
  await receiver.count(1)
  const waiting = async (attempts: number) => {
    for (;;) {
      const { body } = await server.api('GET', `/v1/webhook_deliveries?event_id=${id}`)
      const [one] = body.data
      if (one.attempts === attempts && one.error_code !== null && Date.parse(one.next_attempt_at) > Date.now())
        return one
    }
  }
  const first = await waiting(1)
  assert.deepEqual([first.status, first.response_status, first.error_code], ['pending', 500, 'http_500'])
  const pause = Date.parse(first.next_attempt_at) - Date.now()
  assert.ok(pause > 2000 && pause <= 6500, `${pause} ms`)

  await hurry(server)
  await receiver.count(2)
  let second = await waiting(2)
  while (second.error_code !== 'http_429') second = await waiting(2)
  assert.ok(Date.parse(second.next_attempt_at) - Date.now() > 900_000, 'Retry-After is heeded')

  await sql`update webhook_deliveries set attempts = 9`.execute(server.services.db)
  receiver.answer({ status: 503 })
  await hurry(server)
  const [last] = await settled(server, 'failed')
  assert.equal(last.attempts, 10)
  const [one, two] = receiver.received
  assert.equal(one?.headers['webhook-id'], two?.headers['webhook-id'])

  const again = await server.api('POST', `/v1/events/${id}/redeliver`, {})
  assert.equal(again.status, 202, JSON.stringify(again.body))
  const webhooks = await receiver.count(4)
  assert.equal(webhooks.at(-1)?.headers['webhook-id'], id)
  assert.equal(verify(endpoint.secret, webhooks.at(-1) as ReceivedWebhook).type, 'connection.broken')
})

test('two processes deliver each event once, and take up what a dead one had claimed', async (t) => {
  const { server, receiver } = await listening(t)
  const { db, close } = connectDatabase(server.database_url)
  defer(t, close)
  const other = startDeliveryWorker({ ...server.services, db })
  defer(t, other.stop)
  const ids = await Promise.all(Array.from({ length: 60 }, () => emit(server)))
  await receiver.count(60)
  await settled(server, 'delivered')
  assert.equal(receiver.received.length, 60)
  assert.deepEqual(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])), new Set(ids))

  await sql`update webhook_deliveries set status = 'pending', claimed_by = ${uuidv7()}, next_attempt_at = now()
    where event_id = ${ids[0]}`.execute(db)
  await receiver.count(61)
})

test('a slow endpoint holds up no other', async (t) => {
  const { server, receiver } = await listening(t)
  const { promise, resolve } = Promise.withResolvers<void>()
  const slow = await startWebhookReceiver(t)
  const fetch = server.services.fetch
  server.services.fetch = async (request, options) => {
    if (request.url === slow.url) await promise
    return fetch(request, options)
  }
  await server.api('POST', '/v1/webhook_endpoints', { url: slow.url })
  for (let index = 0; index < 40; index += 1) await emit(server)
  await receiver.count(40)
  assert.equal(slow.received.length, 0)
  resolve()
  await slow.count(40)
})

test('an endpoint that took an event has it, however long its answer is, or slow', async (t) => {
  const posts = new Map<string, number>()
  const endless = createServer((request, response) => {
    posts.set(request.url ?? '', (posts.get(request.url ?? '') ?? 0) + 1)
    request.resume()
    response.writeHead(200)
    const write = () => {
      if (!response.destroyed) response.write('x'.repeat(100_000), () => setImmediate(write))
    }
    if (request.url === '/huge') write()
    else response.write('x')
  })
  endless.listen(0, '127.0.0.1')
  await once(endless, 'listening')
  defer(t, () => endless.close().closeAllConnections())
  const { port } = endless.address() as AddressInfo // of a TCP server
  const server = await startTestServer(t)
  for (const path of ['huge', 'slow']) {
    const made = await server.api('POST', '/v1/webhook_endpoints', { url: `http://127.0.0.1:${port}/${path}` })
    assert.equal(made.status, 201)
  }
  await emit(server)
  const deliveries: { attempts: number; response_status: number }[] = await settled(server, 'delivered')
  assert.deepEqual(
    deliveries.map(({ attempts, response_status }) => [attempts, response_status]),
    [
      [1, 200],
      [1, 200],
    ],
  )
  assert.deepEqual(Object.fromEntries(posts), { '/huge': 1, '/slow': 1 })
})

test('both secrets sign while they overlap, and the new one alone afterwards', async (t) => {
  const { server, receiver, endpoint } = await listening(t)
  const rotate = (overlap_seconds: number) =>
    server.api('POST', `/v1/webhook_endpoints/${endpoint.id}/rotate_secret`, { overlap_seconds })
  const second = (await rotate(3600)).body.secret
  await emit(server)
  const [overlapping] = await receiver.count(1)
  assert.ok(overlapping)
  for (const secret of [endpoint.secret, second]) assert.equal(verify(secret, overlapping).type, 'connection.broken')

  const third = (await rotate(0)).body.secret
  await emit(server)
  const [, alone] = await receiver.count(2)
  assert.ok(alone)
  assert.equal(verify(third, alone).type, 'connection.broken')
  for (const secret of [endpoint.secret, second]) assert.throws(() => verify(secret, alone))
})

test('an endpoint where nothing arrives for long, or that is gone, is disabled and the tenant told', async (t) => {
  const { server, receiver, endpoint } = await listening(t)
  const witness = await startWebhookReceiver(t)
  await server.api('POST', '/v1/webhook_endpoints', { url: witness.url, event_types: ['webhook_endpoint.disabled'] })
  receiver.answer({ status: 500 }, { status: 500 }, { status: 410 })
  await emit(server)
  await receiver.count(1)
  const read = async () => (await server.api('GET', `/v1/webhook_endpoints/${endpoint.id}`)).body
  while ((await read()).failing_since === null);
  assert.equal((await read()).enabled, true)
  await sql`update webhook_endpoints set failing_since = now() - interval '6 days' where id = ${endpoint.id}`.execute(
    server.services.db,
  )
  await hurry(server)
  const [told] = await witness.count(1)
  assert.equal(JSON.parse(told?.body ?? '').data.endpoint_id, endpoint.id)
  const disabled = await read()
  assert.equal(disabled.enabled, false)
  assert.match(disabled.disabled_reason, /Nothing has arrived/)
  const { body } = await server.api('GET', `/v1/webhook_deliveries?endpoint_id=${endpoint.id}`)
  assert.equal(body.data[0].status, 'cancelled')
  assert.equal((await server.api('POST', `/v1/webhook_endpoints/${endpoint.id}/test`)).status, 409)

  const enabled = await server.api('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, { enabled: true })
  assert.deepEqual([enabled.body.enabled, enabled.body.failing_since], [true, null])
  await emit(server)
  await witness.count(2)
  assert.match((await read()).disabled_reason, /410/)
})

test('S57 a webhook goes to the public internet alone, follows no redirect, and cannot be replayed later', async (t) => {
  const { server, receiver, endpoint } = await listening(t)
  for (const url of [
    'https://10.0.0.1/x',
    'https://169.254.169.254/',
    'https://[fd00::1]/',
    'http://customer.example/',
    'ftp://x/',
    'https://u:p@customer.example/',
    'https://customer.example:8443/',
  ]) {
    const refused = await server.api('POST', '/v1/webhook_endpoints', { url })
    assert.deepEqual([refused.status, refused.body.code], [422, 'refused_url'], url)
    const changed = await server.api('PATCH', `/v1/webhook_endpoints/${endpoint.id}`, { url })
    assert.equal(changed.status, 422, url)
  }

  const elsewhere = await startWebhookReceiver(t)
  receiver.answer({ status: 307, headers: { location: elsewhere.url } })
  await emit(server)
  await receiver.count(1)
  const failedWith = async (code: string) => {
    for (;;) {
      const { body } = await server.api('GET', '/v1/webhook_deliveries')
      if (body.data[0].error_code === code) return
    }
  }
  await failedWith('refused_url')
  assert.equal(elsewhere.received.length, 0)

  // An address that changed behind our back, as a name's may: it is checked again where the connection is made.
  const { db } = server.services
  await sql`update webhook_deliveries set error_code = null`.execute(db)
  await sql`update webhook_endpoints set url = 'https://169.254.169.254/latest' where id = ${endpoint.id}`.execute(db)
  await hurry(server)
  await failedWith('refused_url')

  await sql`update webhook_endpoints set url = ${receiver.url} where id = ${endpoint.id}`.execute(db)
  await hurry(server)
  const webhook = (await receiver.count(2)).at(-1) as ReceivedWebhook
  verify(endpoint.secret, webhook)
  const old = String(Number(webhook.headers['webhook-timestamp']) - 600)
  const replayed = { ...webhook, headers: { ...webhook.headers, 'webhook-timestamp': old } }
  assert.throws(() => verify(endpoint.secret, replayed), /too old/)
  assert.throws(() => verify(endpoint.secret, { ...webhook, headers: { ...webhook.headers, 'webhook-id': 'other' } }))
})

test('S56 webhooks do not go through an outbound proxy, where no address would be checked', async (t) => {
  const proxy = await startWebhookReceiver(t)
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'ALL_PROXY']
  const before = { ...process.env }
  t.after(() => {
    for (const name of names) delete process.env[name]
    Object.assign(process.env, before)
  })
  for (const name of names) process.env[name] = new URL(proxy.url).origin
  process.env.NODE_USE_ENV_PROXY = '1'
  t.after(() => delete process.env.NODE_USE_ENV_PROXY)
  const { server, receiver } = await listening(t)
  await emit(server)
  await receiver.count(1)
  assert.equal(proxy.received.length, 0)
  const refused = await server.api('POST', '/v1/webhook_endpoints', { url: 'https://10.0.0.1/' })
  assert.equal(refused.status, 422)
})

test('S47 another tenant’s endpoint, event and deliveries are not there', async (t) => {
  const { server, endpoint } = await listening(t)
  const id = await emit(server)
  const other = await server.api('POST', '/v1/tenants', { name: 'other' })
  assert.equal(other.status, 201, JSON.stringify(other.body))
  const key = other.body.admin_api_key ?? other.body.api_key?.key ?? other.body.key
  const calls: [string, string, object?][] = [
    ['GET', `/v1/webhook_endpoints/${endpoint.id}`],
    ['PATCH', `/v1/webhook_endpoints/${endpoint.id}`, { enabled: false }],
    ['DELETE', `/v1/webhook_endpoints/${endpoint.id}`],
    ['POST', `/v1/webhook_endpoints/${endpoint.id}/test`],
    ['POST', `/v1/webhook_endpoints/${endpoint.id}/rotate_secret`, {}],
    ['POST', `/v1/events/${id}/redeliver`, {}],
  ]
  for (const [method, path, body] of calls) {
    const theirs = await server.api(method, path, body, key)
    const nobodys = await server.api(method, path.replace(/[0-9a-f-]{36}/, uuidv7()), body, key)
    assert.equal(theirs.status, 404, `${method} ${path}`)
    assert.equal(theirs.body.code, nobodys.body.code)
  }
  for (const path of ['/v1/events', '/v1/webhook_deliveries', '/v1/webhook_endpoints']) {
    assert.deepEqual((await server.api('GET', path, undefined, key)).body.data, [])
  }
  assert.equal((await server.api('DELETE', `/v1/webhook_endpoints/${endpoint.id}`)).status, 204)
})
