// Several server processes on one database: one is killed outright while it works on a run, another one ends a run that is
// not its own.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { connect } from '../testing/connect-story.ts'
import { startProgram } from '../testing/program.ts'
import type { WorkerOrder } from '../testing/run-faults/worker.ts'
import { openTableStore } from '../testing/table-store.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const WORKER = fileURLToPath(new URL('../testing/run-faults/worker.ts', import.meta.url))

/**
 * A server that takes up no runs while the worker lives, and a worker process that does.
 * @param idle_ms the silence after which a capture is over
 */
async function serverAndWorker(t: TestContext, idle_ms: number, connectors?: string[]) {
  const documents_directory = temporaryDirectory(t)
  const run_limits = { idle_ms, documents_directory }
  const server = await startTestServer(t, {
    run_limits: { ...run_limits, at_once: 0 },
    ...(connectors && { connectors }),
  })
  const order: WorkerOrder = { ...server.launch, database_url: server.database_url, run_limits }
  const worker = await startProgram(t, WORKER, [JSON.stringify(order)])
  assert.equal(worker.first_line, 'ready')
  return { server, worker }
}

async function until(
  server: TestServer,
  id: string,
  reached: (run: { steps: object[]; document_count: number }) => boolean,
) {
  const signal = AbortSignal.timeout(40_000)
  for (;;) {
    const { body } = await server.api('GET', `/v1/runs/${id}`)
    if (reached(body)) return body
    signal.throwIfAborted()
    await server.services.run_watch.changed({ id, version: -1 }, 50, signal)
  }
}

// Most of their time is waiting.
describe('runs at several servers', { concurrency: 3 }, () => {
  test('a run whose server is killed is taken up by another, and its file has every document once', async (t) => {
    const { server, worker } = await serverAndWorker(t, 1500)
    const { connection_id } = await connect(server, {}, { region: 'all', history: 'all', page_size: 50 })
    const order = { connection_id, operation: 'read', documents: 'file' }
    const { body: started } = await server.api('POST', '/v1/runs', order)
    await until(server, started.id, ({ document_count }) => document_count > 0)
    await worker.kill()
    const { body: left } = await server.api('GET', `/v1/runs/${started.id}`)
    assert.deepEqual([left.status, left.attempt], ['running', 1])
    server.services.runs.limits.at_once = 1
    await server.services.runs.settled({ id: started.id, tenant_id: server.tenant_id }, 60_000)
    const { body: run } = await server.api('GET', `/v1/runs/${started.id}`)
    assert.equal(run.error, null)
    assert.deepEqual([run.status, run.attempt, run.document_count], ['succeeded', 2, 1250])
    const response = await fetch(`${server.base_url}/v1/runs/${started.id}/documents`, {
      headers: { authorization: `Bearer ${server.api_key}` },
    })
    const lines = (await response.text()).trimEnd().split('\n')
    assert.equal(lines.length, 1250)
    assert.equal(new Set(lines).size, 1250)
  })

  test('a server that is killed in the middle of a commit leaves a materialization in which every document counts once', async (t) => {
    const target = join(temporaryDirectory(t), 'flow.yaml')
    const connectors = fileURLToPath(new URL('../../../lab/connectors/', import.meta.url))
    const amount = { type: 'integer', reduce: { strategy: 'sum' } }
    const schema = {
      type: 'object',
      properties: { customer_id: { type: 'string' }, amount },
      reduce: { strategy: 'merge' },
    }
    const local = { protocol: 'flow', command: ['node', join(connectors, 'materialize-lab/materialize-lab.ts')] }
    const flow = {
      collections: { 'acme/orders': { key: ['/customer_id'], schema } },
      materializations: {
        'acme/totals': { endpoint: { local }, bindings: [{ source: 'acme/orders', resource: { table: 'totals' } }] },
      },
    }
    writeFileSync(target, JSON.stringify(flow))
    const { server, worker } = await serverAndWorker(t, 1500, [join(connectors, 'source-lab/flow.yaml'), target])
    const store = await openTableStore(t)
    const committing = Promise.withResolvers<void>()
    const killed = Promise.withResolvers<void>()
    store.beforeWrite = () => {
      committing.resolve()
      return killed.promise
    }
    const { connection_id } = await connect(server, {}, { region: 'all', history: 'all' })
    const { body: totals } = await server.api('POST', '/v1/connections', {
      connector_id: 'totals',
      config: { store: store.address },
    })
    const bindings = [{ resource: { stream: 'orders' }, target: 'acme/orders' }]
    const order = { connection_id, operation: 'write', target_connection_id: totals.id, bindings }
    const { body: started } = await server.api('POST', '/v1/runs', order)
    await committing.promise
    await worker.kill()
    killed.resolve()
    server.services.runs.limits.at_once = 1
    await server.services.runs.settled({ id: started.id, tenant_id: server.tenant_id }, 60_000)
    const { body: run } = await server.api('GET', `/v1/runs/${started.id}`)
    assert.deepEqual([run.error, run.status, run.attempt, run.document_count], [null, 'succeeded', 2, 1000])
    const read = { connection_id, operation: 'read', bindings, save_state: false, max_documents: 1000, state: {} }
    const { body: whole } = await server.api('POST', '/v1/runs?wait=60', read)
    const sum = (documents: { amount?: unknown }[]) =>
      documents.reduce((total, { amount }) => total + Number(amount), 0)
    assert.equal(whole.documents.length, 1000)
    const expected = sum(whole.documents.map(({ document }: { document: object }) => document))
    assert.equal(sum(store.documents('totals')), expected)
  })

  test('a run is followed and cancelled at another server than the one that works on it', async (t) => {
    const { server } = await serverAndWorker(t, 60_000)
    const { connection_id } = await connect(server, {}, { region: 'all', history: 'all', poll_seconds: 1 })
    const { body: started } = await server.api('POST', '/v1/runs', {
      connection_id,
      operation: 'read',
      documents: 'file',
    })
    await until(server, started.id, ({ document_count }) => document_count > 0)
    const told = await fetch(`${server.base_url}/v1/runs/${started.id}/events`, {
      headers: { authorization: `Bearer ${server.api_key}` },
    })
    assert.equal((await server.api('POST', `/v1/runs/${started.id}:cancel`)).status, 202)
    await server.services.runs.settled({ id: started.id, tenant_id: server.tenant_id }, 30_000)
    const { body: run } = await server.api('GET', `/v1/runs/${started.id}`)
    assert.deepEqual([run.status, run.error.code], ['cancelled', 'cancelled'])
    assert.match(await told.text(), /event: progress[\s\S]*event: status\ndata: \{"status":"cancelled"/)
  })
})
