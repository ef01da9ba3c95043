import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { secret } from '@sluice/oauth'
import { createIntegration } from '../integrations/create-integration.ts'
import { redirectUri } from '../integrations/integration-record.ts'
import { connect } from '../testing/connect-story.ts'
import { runSluice, SLUICE, startSluice } from '../testing/run-sluice.ts'
import { openTableStore } from '../testing/table-store.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { openPane, withoutTmux } from '../testing/tmux.ts'

const failingConnectors = fileURLToPath(new URL('../testing/connectors/flow.yaml', import.meta.url))
const staysOn = fileURLToPath(new URL('../testing/connectors/stubborn.ts', import.meta.url))
const labConnector = fileURLToPath(new URL('../../../lab/connectors/source-lab/flow.yaml', import.meta.url))
const materialization = fileURLToPath(new URL('../../../lab/connectors/materialize-lab/flow.yaml', import.meta.url))

const environment = (server: TestServer) => ({ SLUICE_SERVER: server.base_url, SLUICE_API_KEY: server.api_key })

test('runs are started, watched, listed and read from the command line', async (t) => {
  const server = await startTestServer(t)
  const { connection_id } = await connect(server)
  const run = async (args: string[], code = 0) => {
    const ended = await runSluice(['runs', ...args], environment(server))
    assert.equal(ended.code, code, `${args}: ${ended.stderr}`)
    return ended
  }
  const started = await run(['start', 'preview', connection_id, '--max-documents', '20', '--json'])
  const { id, status, document_count } = JSON.parse(started.stdout)
  assert.equal(status, 'succeeded')
  assert.ok(document_count >= 20)
  assert.match(started.stderr, /^succeeded discover in \d+ ms$/m)
  assert.deepEqual((await run(['watch', id, '--quiet'])).stdout, `${id}\n`)
  assert.match(
    (await run(['list'])).stdout,
    new RegExp(`^${id} +${connection_id} +preview +succeeded +${document_count} `, 'm'),
  )
  assert.equal((await run(['list', '--status', 'failed', '--quiet'])).stdout, '')
  assert.match((await run(['show', id])).stdout, /^document_count +\d+$/m)
  const documents = (await run(['documents', id])).stdout.trim().split('\n')
  assert.deepEqual(Object.keys(JSON.parse(documents[0] ?? '')), ['collection', 'document'])
  const logs = await run(['logs', id])
  assert.equal(logs.stdout, (await run(['logs', id, '--follow'])).stdout)

  const kept = JSON.parse(
    (await run(['start', 'read', connection_id, '--to-file', '--max-documents', '50', '--json'])).stdout,
  )
  const file = join(temporaryDirectory(t), 'documents.ndjson')
  await run(['documents', kept.id, '--output', file])
  assert.equal(readFileSync(file, 'utf8').trim().split('\n').length, kept.document_count)
  const state = async () => (await server.api('GET', `/v1/connections/${connection_id}/state`)).body
  const before = await state()
  const dry = await run(['start', 'read', connection_id, '--dry-run', '--max-documents', '50', '--json'])
  const tried = JSON.parse(dry.stdout)
  assert.deepEqual([tried.status, tried.documents], ['succeeded', []])
  assert.deepEqual(await state(), before)
  await run(['start', 'nonsense', connection_id], 8)
})

test('what is read goes into the materialization that --target names', async (t) => {
  const store = await openTableStore(t)
  const connectors = [labConnector, materialization]
  const server = await startTestServer(t, { connectors, run_limits: { idle_ms: 700 } })
  const { connection_id } = await connect(server, {}, { region: 'all', history: 'all' })
  const target = await server.api('POST', '/v1/connections', {
    connector_id: 'materialize-lab',
    config: { store: store.address },
  })
  const start = ['runs', 'start', 'write', connection_id, '--target', target.body.id, '--json']
  const ended = await runSluice(start, environment(server))
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(JSON.parse(ended.stdout).document_count, 1250)
  assert.deepEqual([store.documents('customers').length, store.documents('orders').length], [250, 1000])
})

test('a failed run ends with its verdict’s code, and a run that is watched goes on after Ctrl-C until it is cancelled', async (t) => {
  const server = await startTestServer(t, { connectors: [labConnector, failingConnectors] })
  const failing = await runSluice(
    ['runs', 'start', 'discover', await connectWith(server, 'source-exits')],
    environment(server),
  )
  assert.equal(failing.code, 4, failing.stderr)
  assert.match(failing.stdout, /^status +failed$/m)

  const connection = await connectWith(server, 'source-silent')
  const watching = startSluice(['runs', 'start', 'discover', connection], environment(server))
  const [, id = ''] = await watching.says(/Run (\S+) has started/)
  watching.interrupt()
  const interrupted = await watching.ended
  assert.equal(interrupted.code, 130)
  assert.match(interrupted.stderr, new RegExp(`The run goes on at the server.*sluice runs cancel ${id}`))
  const cancelled = await runSluice(['runs', 'cancel', id, '--json'], environment(server))
  assert.equal(cancelled.code, 0, cancelled.stderr)
  assert.equal(JSON.parse(cancelled.stdout).status, 'cancelled')
  assert.equal((await runSluice(['runs', 'watch', id], environment(server))).code, 130)
})

test('on a terminal, a run has a bar', { skip: withoutTmux }, async (t) => {
  // It stays after its first document, so that the bar stands until it is looked at.
  const path = join(temporaryDirectory(t), 'flow.yaml')
  const local = { command: [process.execPath, staysOn, 'alone'], env: { STUBBORN_MARKER: 'bar' } }
  writeFileSync(path, JSON.stringify({ captures: { 'acme/stays': { endpoint: { local } } } }))
  const server = await startTestServer(t, { connectors: [labConnector, path], run_limits: { idle_ms: 60_000 } })
  const { body: connection } = await server.api('POST', '/v1/connections', { connector_id: 'stays', config: {} })
  const read = ['read', connection.id, '--to-file', '--max-documents', '4']
  const pane = openPane(t, [process.execPath, SLUICE, 'runs', 'start', ...read], environment(server))
  await pane.shows(/█+░+ +25 % 1 documents/)
  const { body: runs } = await server.api('GET', '/v1/runs')
  await server.api('POST', `/v1/runs/${runs.data[0].id}:cancel`)
  await pane.shows(/cancelled/)
})

async function connectWith(server: TestServer, connector_id: string): Promise<string> {
  const { services, lab, tenant_id } = server
  const { client_id, client_secret } = lab.addClient()
  const integration = await createIntegration(services, {
    tenant_id,
    connector_id,
    client_id,
    client_secret: secret(client_secret),
  })
  lab.addClient({ client_id, client_secret, redirect_uris: [redirectUri(services.base_url, integration.id)] })
  return (await connect(server, { connector_id, integration_id: integration.id })).connection_id
}
