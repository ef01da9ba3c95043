// Runs that pipe a source into a materialization of Flow's, through HTTP with the lab's connectors.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { connect } from '../testing/connect-story.ts'
import { openTableStore } from '../testing/table-store.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const lab = (name: string) => fileURLToPath(new URL(`../../../lab/connectors/${name}/flow.yaml`, import.meta.url))
const run_limits = { idle_ms: 700, retry_ms: 50 }
const CUSTOMERS = 250

async function orderInto(server: TestServer, connector_id: string, config: object) {
  const { connection_id } = await connect(server, {}, { region: 'all', history: 'all' })
  const target = await server.api('POST', '/v1/connections', { connector_id, config })
  assert.equal(target.status, 201, JSON.stringify(target.body))
  return {
    connection_id,
    operation: 'write',
    target_connection_id: target.body.id,
    bindings: [{ resource: { stream: 'customers' }, target: 'acme/customers' }],
  }
}

const stateOf = async (server: TestServer, id: string) =>
  (await server.api('GET', `/v1/connections/${id}/state`)).body.data[0]?.state

test('a source is piped into a materialization, whose table is named by the collection, and goes on from there', async (t) => {
  const store = await openTableStore(t)
  const connectors = [lab('source-lab'), lab('materialize-lab')]
  const server = await startTestServer(t, { connectors, run_limits })
  const order = await orderInto(server, 'materialize-lab', { store: store.address })
  const run = async () => (await server.api('POST', '/v1/runs?wait=60', order)).body
  const first = await run()
  assert.deepEqual([first.error, first.status, first.document_count], [null, 'succeeded', CUSTOMERS])
  const customers = store.documents('customers')
  assert.equal(customers.length, CUSTOMERS)
  assert.equal(new Set(customers.map(({ id }) => id)).size, CUSTOMERS)
  const state = await stateOf(server, order.connection_id)
  assert.deepEqual(Object.keys(state), ['bindingStateV1'], 'what was staged is in the tables')
  const again = await run()
  assert.deepEqual(
    [again.status, again.document_count, store.documents('customers').length],
    ['succeeded', 0, CUSTOMERS],
  )
})

test('a commit that fails is tried again with what was staged, and a bound ends the run at a checkpoint', async (t) => {
  const store = await openTableStore(t)
  store.refuses = 1
  const connectors = [lab('source-lab'), lab('materialize-lab')]
  const server = await startTestServer(t, { connectors, run_limits })
  const order = { ...(await orderInto(server, 'materialize-lab', { store: store.address })), max_documents: 10 }
  const { body: failed } = await server.api('POST', '/v1/runs?wait=60', order)
  assert.equal(failed.error.code, 'connector_exited')
  assert.match(failed.error.message, /The store answered 503/)
  const staged = (await stateOf(server, order.connection_id)).$destination.staged.rows
  assert.ok(staged.length >= 10 && staged.length < CUSTOMERS)
  assert.equal(store.documents('customers').length, 0)
  const { body: next } = await server.api('POST', '/v1/runs?wait=60', { ...order, max_documents: undefined })
  assert.deepEqual([next.error, store.documents('customers').length], [null, CUSTOMERS])
  const { body: refused } = await server.api('POST', '/v1/runs?wait=60', { ...order, dry_run: true })
  assert.equal(refused.error.code, 'connector_not_offered')
})

test('in protobuf, a destination that keeps the checkpoint says where the source goes on, whatever state is kept here', async (t) => {
  const store = await openTableStore(t)
  const connectors = [lab('source-lab'), lab('materialize-lab-protobuf')]
  const server = await startTestServer(t, { connectors, run_limits })
  const order = await orderInto(server, 'materialize-lab-protobuf', { store: store.address, authority: 'remote' })
  const run = async () => (await server.api('POST', '/v1/runs?wait=60', order)).body
  assert.deepEqual([(await run()).error, store.documents('customers').length], [null, CUSTOMERS])
  await server.api('DELETE', `/v1/connections/${order.connection_id}/state`)
  const again = await run()
  assert.deepEqual([again.error, again.document_count], [null, 0])
  // Other bindings have a checkpoint of their own there.
  const orders = { ...order, bindings: [{ resource: { stream: 'orders' }, target: 'acme/orders' }] }
  const { body: other } = await server.api('POST', '/v1/runs?wait=60', orders)
  assert.deepEqual([other.error, store.documents('orders').length], [null, 1000])
  assert.equal(store.documents('customers').length, CUSTOMERS)
})
