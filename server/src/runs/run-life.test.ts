// Runs through HTTP with the lab's connectors: cancelled, followed, resumed, kept in files, piped into a target.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createApiKey } from '../api-keys/create-api-key.ts'
import { connect } from '../testing/connect-story.ts'
import { defer } from '../testing/defer.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { uuidv7 } from '../uuid.ts'

const lab = (name: string) => fileURLToPath(new URL(`../../../lab/connectors/${name}/flow.yaml`, import.meta.url))
const run_limits = { idle_ms: 700, retry_ms: 50 }
const customers = { resource: { stream: 'customers' }, target: 'acme/customers' }
const CUSTOMERS = 250

interface Told {
  id: string
  event: string
  data: Record<string, unknown>
}

async function follow(server: TestServer, id: string, lastEventId?: string): Promise<Told[]> {
  const response = await fetch(`${server.base_url}/v1/runs/${id}/events`, {
    headers: { authorization: `Bearer ${server.api_key}`, ...(lastEventId && { 'last-event-id': lastEventId }) },
  })
  if (response.status === 204) return []
  assert.equal(response.status, 200)
  const events = (await response.text()).split('\n\n').filter((event) => event.startsWith('event:'))
  return events.map((event) => {
    const fields = Object.fromEntries(event.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)))
    return { id: fields.id, event: fields.event, data: JSON.parse(fields.data) }
  })
}

test('a file gets all documents once, the state is kept, and the next run goes on from it until it is reset', async (t) => {
  const server = await startTestServer(t, { run_limits })
  const { connection_id } = await connect(server, {}, { region: 'all', history: 'all' })
  const order = { connection_id, operation: 'read', bindings: [customers], documents: 'file' }
  const read = async () => (await server.api('POST', '/v1/runs?wait=60', order)).body
  const first = await read()
  assert.equal(first.error, null)
  assert.equal(first.document_count, CUSTOMERS)
  assert.deepEqual(first.documents, [])

  const fetched = await fetch(`${server.base_url}/v1/runs/${first.id}/documents`, {
    headers: { authorization: `Bearer ${server.api_key}` },
  })
  assert.equal(fetched.headers.get('content-type'), 'application/x-ndjson')
  const lines = (await fetched.text()).trimEnd().split('\n')
  assert.equal(lines.length, CUSTOMERS)
  assert.equal(JSON.parse(lines[0] ?? '').collection, 'acme/customers')
  assert.equal(new Set(lines).size, CUSTOMERS)

  const kept = (await server.api('GET', `/v1/connections/${connection_id}/state`)).body
  assert.equal(kept.data.length, 1)
  assert.equal(kept.data[0].run_id, first.id)
  assert.ok(kept.data[0].version >= 3)
  assert.ok(kept.data[0].state.bindingStateV1)

  assert.equal((await read()).document_count, 0)
  assert.deepEqual((await server.api('DELETE', `/v1/connections/${connection_id}/state`)).body, { deleted: 1 })
  assert.equal((await read()).document_count, CUSTOMERS)
  // A state of the caller's goes before the stored one, and a dry run moves none.
  const dry = { ...order, documents: 'sample', dry_run: true, state: {}, max_documents: 50 }
  const before = (await server.api('GET', `/v1/connections/${connection_id}/state`)).body
  const tried = (await server.api('POST', '/v1/runs?wait=60', dry)).body
  assert.deepEqual([tried.status, tried.documents.length, tried.document_count > 0], ['succeeded', 0, true])
  assert.deepEqual((await server.api('GET', `/v1/connections/${connection_id}/state`)).body, before)
})

test('a run tells its steps, progress and end as events, and goes on telling after the last one that was heard', async (t) => {
  const server = await startTestServer(t, { run_limits })
  const { connection_id } = await connect(server, {}, { region: 'all', history: 'all' })
  const { body: started } = await server.api('POST', '/v1/runs', {
    connection_id,
    operation: 'read',
    documents: 'file',
  })
  const events = await follow(server, started.id)
  assert.deepEqual(
    events.map(({ id }) => Number(id)).toSorted((a, b) => a - b),
    events.map(({ id }) => Number(id)),
  )
  const told = events.map(({ event, data }) => `${event} ${data.operation ?? ''}${data.status ?? data.documents ?? ''}`)
  for (const expected of ['status queued', 'status running', 'step discoverrunning', 'step capturesucceeded']) {
    assert.ok(told.includes(expected), `${expected} is not in ${told.join(', ')}`)
  }
  assert.equal(told.at(-1), 'status succeeded')
  assert.ok(events.some(({ event, data }) => event === 'progress' && Number(data.documents) > 0))
  assert.ok(events.some(({ event, data }) => event === 'log' && String(data.message).includes('caught up')))
  const middle = events[3]?.id
  const later = await follow(server, started.id, middle)
  assert.deepEqual(
    later,
    events.filter(({ id }) => Number(id) > Number(middle)),
  )
  assert.deepEqual(await follow(server, started.id, events.at(-1)?.id), [])
})

test('a run is cancelled while it waits and while it runs, and its connector is gone', async (t) => {
  const server = await startTestServer(t, { run_limits: { ...run_limits, idle_ms: 60_000, at_once: 1 } })
  const { connection_id } = await connect(server, {}, { region: 'all', history: 'all' })
  const start = async () => (await server.api('POST', '/v1/runs', { connection_id, operation: 'read' })).body
  const first = await start()
  const signal = AbortSignal.timeout(30_000)
  const reading = async () => (await server.api('GET', `/v1/runs/${first.id}`)).body.steps.length === 3
  while (!(await reading())) {
    signal.throwIfAborted()
    await server.services.run_watch.changed({ id: first.id, version: -1 }, 50, signal)
  }
  const second = await start()
  const cancel = (id: string) => server.api('POST', `/v1/runs/${id}:cancel`)
  const waiting = await cancel(second.id)
  assert.deepEqual([waiting.status, waiting.body.status], [202, 'cancelled'])
  assert.equal((await cancel(first.id)).status, 202)
  await server.services.runs.settled({ id: first.id, tenant_id: server.tenant_id }, 30_000)
  const { body: ended } = await server.api('GET', `/v1/runs/${first.id}`)
  assert.deepEqual([ended.status, ended.error.code, ended.attempt], ['cancelled', 'cancelled', 1])
  assert.deepEqual((await server.api('GET', '/v1/runs?status=cancelled&operation=read')).body.data.length, 2)
  assert.equal((await server.api('POST', `/v1/runs/${first.id}:paint`)).status, 404)
  assert.equal((await cancel('0199a000-0000-7000-8000-000000000000')).status, 404)
})

async function inboxServer(t: TestContext) {
  const inbox: string[] = []
  const server = createServer(async (request, response) => {
    inbox.push(...(await text(request)).trimEnd().split('\n'))
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  defer(t, async () => void server.close())
  return { inbox, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('a source is piped into a target connection, with a state of its own', async (t) => {
  const { inbox, address } = await inboxServer(t)
  const connectors = [lab('source-lab'), lab('singer-target-lab')]
  const server = await startTestServer(t, { connectors, run_limits })
  const { connection_id } = await connect(server, {}, { region: 'all', history: 'all' })
  const target = await server.api('POST', '/v1/connections', { connector_id: 'singer-target-lab', config: { address } })
  assert.equal(target.status, 201, JSON.stringify(target.body))
  const order = { connection_id, operation: 'write', target_connection_id: target.body.id, bindings: [customers] }
  const { body: run } = await server.api('POST', '/v1/runs?wait=60', order)
  assert.equal(run.error, null)
  assert.equal(run.document_count, CUSTOMERS)
  assert.equal(inbox.length, CUSTOMERS)
  const { body: again } = await server.api('POST', '/v1/runs?wait=60', order)
  assert.deepEqual([again.status, again.document_count, inbox.length], ['succeeded', 0, CUSTOMERS])
  const { body: state } = await server.api('GET', `/v1/connections/${connection_id}/state`)
  assert.ok(state.data[0].binding_set.endsWith(`:${target.body.id}`))
  const { body: refused } = await server.api('POST', '/v1/runs?wait=60', { ...order, dry_run: true })
  assert.equal(refused.error.code, 'connector_not_offered')
  assert.equal((await server.api('POST', '/v1/runs', { connection_id, operation: 'write' })).status, 422)
})

test('a check asks the connector alone, in the words that its protocol has', async (t) => {
  const server = await startTestServer(t, { run_limits })
  const { connection_id } = await connect(server)
  const { body: run } = await server.api('POST', '/v1/runs?wait=60', { connection_id, operation: 'check' })
  assert.deepEqual(
    [run.status, run.steps.map(({ operation }: { operation: string }) => operation)],
    ['succeeded', ['discover', 'validate']],
  )
})

test('runs, their events, documents and states are their tenant’s alone, and a key needs the scope', async (t) => {
  const server = await startTestServer(t, { run_limits })
  const { connection_id } = await connect(server)
  const { body: run } = await server.api('POST', '/v1/runs?wait=30', { connection_id, operation: 'spec' })
  const other = uuidv7()
  await server.services.db.insertInto('tenants').values({ id: other, name: 'another' }).execute()
  const theirs = await createApiKey(server.services.db, { tenant_id: other, name: 'theirs' })
  const paths = [
    ['GET', `/v1/runs/${run.id}`],
    ['GET', `/v1/runs/${run.id}/events`],
    ['GET', `/v1/runs/${run.id}/documents`],
    ['POST', `/v1/runs/${run.id}:cancel`],
    ['GET', `/v1/connections/${connection_id}/state`],
    ['DELETE', `/v1/connections/${connection_id}/state`],
  ] as const
  const missing = '0199a000-0000-7000-8000-000000000000'
  for (const [method, path] of paths) {
    const answer = await server.api(method, path, undefined, theirs)
    const unknown = await server.api(
      method,
      path.replace(run.id, missing).replace(connection_id, missing),
      undefined,
      theirs,
    )
    assert.equal(answer.status, 404, path)
    assert.equal(answer.body.code, unknown.body.code)
  }
  const order = { connection_id, operation: 'write', target_connection_id: missing }
  assert.equal((await server.api('POST', '/v1/runs', order)).status, 404)
  const reader = await createApiKey(server.services.db, {
    tenant_id: server.tenant_id,
    name: 'reader',
    scopes: ['runs:read'],
  })
  assert.equal((await server.api('GET', `/v1/runs/${run.id}`, undefined, reader)).status, 200)
  assert.equal(
    (await server.api('POST', `/v1/runs/${run.id}:cancel`, undefined, reader)).body.required_scope,
    'runs:write',
  )
})
