// Runs of a server whose connectors are containers of a real engine: asked for through HTTP, cancelled, and read to the end.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startRealEngine } from '@sluice/launcher/testing'
import { connect } from '../testing/connect-story.ts'
import { startTestServer } from '../testing/test-server.ts'

const lab = fileURLToPath(new URL('../../../lab/connectors', import.meta.url))
const engine = await startRealEngine({ '/connectors': lab })
const skip = typeof engine === 'string' ? engine : false
const directory = mkdtempSync(join(tmpdir(), 'sluice-images-'))
after(async () => {
  rmSync(directory, { recursive: true })
  if (typeof engine !== 'string') await engine.close()
})

test('a connector in an image is authorized, read with its token fresh, resumed and cancelled', { skip }, async (t) => {
  assert.ok(typeof engine !== 'string')
  const flow = join(directory, 'flow.yaml')
  const connector = {
    image: engine.image,
    command: ['node', '/connectors/source-lab/source-lab.ts'],
    env: { LAB_ORIGIN: 'set by the test' },
    hosts: ['localhost'],
    oauthClient: join(lab, 'source-lab', 'oauth-client.json'),
  }
  writeFileSync(flow, JSON.stringify({ captures: { 'lab/source-lab': { endpoint: { connector } } } }))
  const server = await startTestServer(t, {
    connectors: [flow],
    runtime: { name: 'container', socket: engine.socket, network: 'host' },
    run_limits: { idle_ms: 2_000, retry_ms: 50 },
  })
  const { connection_id } = await connect(server, {}, { region: 'all', history: 'all' })
  const bindings = [{ resource: { stream: 'customers' }, target: 'acme/customers' }]
  const order = { connection_id, operation: 'read', bindings, documents: 'file' }
  const read = async () => (await server.api('POST', '/v1/runs?wait=60', order)).body
  const first = await read()
  assert.equal(first.error, null)
  assert.equal(first.document_count, 250)
  assert.equal((await read()).document_count, 0)

  const { body: begun } = await server.api('POST', '/v1/runs', order)
  const now = async () => (await server.api('GET', `/v1/runs/${begun.id}`)).body.status
  while ((await now()) === 'queued') await setImmediate()
  assert.equal((await server.api('POST', `/v1/runs/${begun.id}:cancel`)).status, 202)
  while (!['cancelled', 'succeeded', 'failed'].includes(await now())) await setImmediate()
  assert.equal(await now(), 'cancelled')
  const { body: diagnostics } = await server.api('GET', '/v1/diagnostics')
  assert.equal(diagnostics.confinement.kind, 'container')
})
