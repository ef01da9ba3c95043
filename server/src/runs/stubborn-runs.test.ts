// Runs through HTTP whose connector must be made to end, and runs that are only tried.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { connect } from '../testing/connect-story.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { startTestServer } from '../testing/test-server.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const lab = (name: string) => here(`../../../lab/connectors/${name}/flow.yaml`)
const withoutPython = spawnSync('python3', ['--version']).status === 0 ? false : 'there is no python3 here'

test('a cancelled run whose connector ignores SIGTERM, and has forked into a session of its own, leaves no process behind', async (t) => {
  const marker = `stubborn-${process.pid}-${Math.random()}`
  const path = join(temporaryDirectory(t), 'flow.yaml')
  const local = {
    command: [process.execPath, here('../testing/connectors/stubborn.ts'), marker],
    env: { STUBBORN_MARKER: marker },
  }
  writeFileSync(path, JSON.stringify({ captures: { 'acme/stubborn': { endpoint: { local } } } }))
  const server = await startTestServer(t, { connectors: [lab('source-lab'), path], run_limits: { idle_ms: 60_000 } })
  const made = await server.api('POST', '/v1/connections', { connector_id: 'stubborn', config: {} })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const order = { connection_id: made.body.id, operation: 'read', documents: 'file' }
  const { body: run } = await server.api('POST', '/v1/runs', order)
  const signal = AbortSignal.timeout(40_000)
  while ((await processesWith(marker)).length < 2 || (await shown()).document_count === 0) {
    signal.throwIfAborted()
    await server.services.run_watch.changed({ id: run.id, version: -1 }, 50, signal)
  }
  async function shown() {
    return (await server.api('GET', `/v1/runs/${run.id}`)).body
  }
  assert.equal((await server.api('POST', `/v1/runs/${run.id}:cancel`)).status, 202)
  await server.services.runs.settled({ id: run.id, tenant_id: server.tenant_id }, 30_000)
  const { status, document_count } = await shown()
  assert.deepEqual([status, document_count], ['cancelled', 1])
  assert.deepEqual(await processesWith(marker), [])
})

test('a dry run has a Tightlock destination try everything and store nothing, and a run does not', {
  skip: withoutPython,
}, async (t) => {
  const sink = join(temporaryDirectory(t), 'rows')
  const connectors = [lab('source-lab'), lab('tightlock-destination-lab')]
  const server = await startTestServer(t, { connectors, run_limits: { idle_ms: 700 } })
  const { connection_id } = await connect(server, {}, { region: 'all', history: 'all' })
  const target = await server.api('POST', '/v1/connections', {
    connector_id: 'tightlock-destination-lab',
    config: { path: sink, api_key: 'lab' },
  })
  assert.equal(target.status, 201, JSON.stringify(target.body))
  const order = {
    connection_id,
    operation: 'write',
    target_connection_id: target.body.id,
    bindings: [{ resource: { stream: 'customers' }, target: 'acme/customers' }],
    max_documents: 20,
  }
  const { body: tried } = await server.api('POST', '/v1/runs?wait=60', { ...order, dry_run: true })
  assert.deepEqual([tried.error, tried.status, tried.document_count > 0], [null, 'succeeded', true])
  assert.equal(existsSync(sink), false)
  assert.deepEqual((await server.api('GET', `/v1/connections/${connection_id}/state`)).body.data, [])
  // Where connectors are confined to their private directory, it is the file system that says no.
  const { body: run } = await server.api('POST', '/v1/runs?wait=60', { ...order, max_attempts: 1 })
  if (run.error === null) assert.ok(existsSync(sink))
  else assert.match(run.error.message, /Read-only file system/)
})

async function processesWith(marker: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  // Of those that only start or confine it, none is the connector itself.
  return pids.filter((_, index) => /node\0.*stubborn\.ts\0/.test(lines[index] ?? '') && lines[index]?.includes(marker))
}
