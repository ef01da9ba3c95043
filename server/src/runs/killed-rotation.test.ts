// What a connector rotated by itself while its server could not hear it any more, and then was killed.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startClusterStandIn } from '@sluice/launcher/testing/cluster'
import { readGrant } from '../grants/grant.ts'
import { defer } from '../testing/defer.ts'
import { connectTo, startServerWith } from '../testing/own-lab-server.ts'
import { startProgram } from '../testing/program.ts'
import type { WorkerOrder } from '../testing/run-faults/worker.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import type { RuntimeConfig } from './open-runtime.ts'

const WORKER = fileURLToPath(new URL('../testing/run-faults/worker.ts', import.meta.url))

/** Holds who asks until it is let through. */
async function startGate(t: TestContext) {
  const before: ServerResponse[] = []
  const after = Promise.withResolvers<void>()
  const gate = createServer((request, response) => {
    if (request.url === '/before') before.push(response)
    else after.resolve()
  }).listen(0, '127.0.0.1')
  await once(gate, 'listening')
  defer(t, async () => {
    gate.close()
    gate.closeAllConnections()
  })
  const open = () => {
    for (const response of before) response.end()
  }
  return { address: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`, before, after: after.promise, open }
}

/** The same connectors, each in an image. @returns path of their flow.yaml */
function inImages(path: string): string {
  const { captures } = JSON.parse(readFileSync(path, 'utf8'))
  for (const { endpoint } of Object.values<{ endpoint: Record<string, object> }>(captures)) {
    endpoint.connector = { ...endpoint.local, image: 'acme/patient' }
    delete endpoint.local
  }
  const written = join(dirname(path), 'images.flow.yaml')
  writeFileSync(written, JSON.stringify({ captures }))
  return written
}

/** @param env of the servers */
async function rotateAndKill(t: TestContext, runtime: RuntimeConfig, env = {}): Promise<void> {
  const gate = await startGate(t)
  const run_limits = { idle_ms: 1500, documents_directory: temporaryDirectory(t) }
  const server = await startServerWith(
    t,
    { rotation: 'always', reuse: 'revokes_grant' },
    { seconds: 1, gate: gate.address, run_limits: { ...run_limits, at_once: 0 } },
  )
  const connection_id = await connectTo(server, 'patient-singer')
  const grantOf = () => readGrant(server.services, { id: connection_id, tenant_id: server.tenant_id })
  const given = await grantOf()
  const connectors =
    runtime.name === 'process' ? server.launch.connectors : [inImages(server.launch.connectors.at(-1) ?? '')]
  const order: WorkerOrder = { ...server.launch, connectors, database_url: server.database_url, run_limits, runtime }
  const start = () => startProgram(t, WORKER, [JSON.stringify(order)], { env })
  const worker = await start()
  const { body: run } = await server.api('POST', '/v1/runs', {
    connection_id,
    operation: 'read',
    bindings: [{ resource: { tap_stream_id: 'rotate' }, target: 'acme/rotate' }],
    max_attempts: 1,
  })
  // Whoever validates is at the gate too, and gone soon.
  const signal = AbortSignal.timeout(40_000)
  for (;;) {
    const { body } = await server.api('GET', `/v1/runs/${run.id}`)
    const open = gate.before.filter((response) => !response.destroyed)
    if (open.length > 0 && body.steps.some(({ operation }: { operation: string }) => operation === 'capture')) break
    signal.throwIfAborted()
    await server.services.run_watch.changed({ id: run.id, version: -1 }, 50, signal)
  }
  process.kill(worker.pid, 'SIGSTOP')
  gate.open()
  await gate.after
  assert.equal((await grantOf()).version, given.version)
  await worker.kill()

  await start()
  const after = await grantOf()
  assert.equal(after.version, given.version + 1)
  assert.notEqual(after.refresh_token?.reveal(), given.refresh_token?.reveal())
  const { body: journal } = await server.api('GET', `/v1/connections/${connection_id}/refreshes`)
  assert.equal(journal.data[0].trigger, 'connector')
  // The provider ends the grant of whoever comes with a token that is spent.
  assert.equal((await server.api('POST', `/v1/connections/${connection_id}/refresh`)).status, 200)
}

// Most of their time is waiting.
describe('rotations of killed servers', { concurrency: 2 }, () => {
  test('what a tap rotated before its server was killed is in the grant after the restart', async (t) => {
    // Other servers of this machine have no part in it.
    await rotateAndKill(t, { name: 'process' }, { TMPDIR: temporaryDirectory(t) })
  })

  test('what a tap rotated in a Job before its server was killed is in the grant after the restart', async (t) => {
    const cluster = await startClusterStandIn()
    defer(t, () => cluster.close())
    const KUBECONFIG = join(temporaryDirectory(t), 'kubeconfig')
    writeFileSync(KUBECONFIG, cluster.config.exportConfig())
    await rotateAndKill(t, { name: 'kubernetes' }, { KUBECONFIG })
    const running = [...cluster.jobs.values()].filter(({ pod }) => pod?.stand_in?.process.exitCode === null)
    assert.deepEqual(running, [])
  })
})
