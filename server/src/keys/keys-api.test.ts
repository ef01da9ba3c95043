import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../testing/connect-story.ts'
import { runSluice } from '../testing/run-sluice.ts'
import { startTestServer } from '../testing/test-server.ts'

test('keys are told and rotated over HTTP by whoever may, the broker’s own rows among them', async (t) => {
  const server = await startTestServer(t)
  const { connection_id } = await connect(server)
  const before = await server.api('GET', '/v1/keys')
  assert.equal(before.status, 200, JSON.stringify(before.body))
  assert.equal(before.body.rotation, null)
  assert.equal(before.body.data_keys.length, 1)
  const [kek] = before.body.key_encryption_keys
  assert.deepEqual([kek.current, kek.data_keys], [true, 1])

  const weak = await server.api('POST', '/v1/api_keys', { name: 'weak', scopes: ['connections:read'] })
  assert.equal((await server.api('POST', '/v1/keys:rotate', undefined, weak.body.key)).status, 403)
  assert.equal((await server.api('GET', '/v1/keys', undefined, weak.body.key)).status, 403)

  const command = (...args: string[]) =>
    runSluice(['keys', ...args], { SLUICE_SERVER: server.base_url, SLUICE_API_KEY: server.api_key })
  const started = await command('rotate', '--no-wait', '--json')
  assert.equal(started.code, 0, started.stderr)
  const rotation = JSON.parse(started.stdout)
  const again = await server.api('POST', '/v1/keys:rotate')
  assert.equal(again.body.id, rotation.id)

  // All but waiting for the other processes to notice is soon done.
  for (;;) {
    const { body } = await server.api('GET', '/v1/keys')
    if (
      body.data_keys.length === 2 &&
      body.rotation.rows_total > 0 &&
      body.rotation.rows_resealed === body.rotation.rows_total
    )
      break
  }
  const status = await command('status')
  assert.match(status.stdout, /wraps, 2 data keys/)
  assert.match(status.stdout, /running/)
  const read = await server.api('GET', `/v1/connections/${connection_id}`)
  assert.equal(read.body.config.region, 'europe')
  const run = await server.api('POST', '/v1/runs?wait=30', { connection_id, operation: 'discover' })
  assert.equal(run.body.status, 'succeeded', JSON.stringify(run.body))
  const { body } = await server.api('GET', '/v1/audit_records?action=keys.rotate')
  assert.equal(body.data.at(-1).subject.id, rotation.id)
  assert.ok(!JSON.stringify([before.body, body, server.logs]).includes('A256GCMKW'))
})
