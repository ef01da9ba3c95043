import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../testing/connect-story.ts'
import { startTestServer } from '../testing/test-server.ts'

test('a run that ends is told, with its error’s code and nothing of what it read', async (t) => {
  const server = await startTestServer(t)
  const { connection_id } = await connect(server)
  const good = await server.api('POST', '/v1/runs?wait=60', { connection_id, operation: 'discover' })
  assert.equal(good.body.status, 'succeeded', JSON.stringify(good.body))
  await server.lab.close()
  const bad = await server.api('POST', '/v1/runs?wait=60', { connection_id, operation: 'capture' })
  assert.equal(bad.body.status, 'failed', JSON.stringify(bad.body))

  const { body } = await server.api('GET', '/v1/events')
  const [failed, finished] = body.data
  assert.equal(finished.type, 'run.finished')
  assert.deepEqual(finished.data, { run_id: good.body.id, connection_id, operation: 'discover', document_count: 0 })
  assert.equal(failed.type, 'run.failed')
  assert.deepEqual([failed.data.run_id, failed.data.code], [bad.body.id, bad.body.error.code])
})

test('what is done to a connection is audited: made, refreshed, read', async (t) => {
  const clock = { ahead: 0 }
  const server = await startTestServer(t, { now: () => new Date(Date.now() + clock.ahead), access_token_seconds: 1000 })
  const { connection_id } = await connect(server)
  clock.ahead = 990_000
  const read = await server.api('GET', `/v1/connections/${connection_id}/credentials`)
  assert.equal(read.status, 200, JSON.stringify(read.body))
  const { body } = await server.api('GET', `/v1/audit_records?subject_id=${connection_id}`)
  assert.deepEqual(
    body.data.map((record: { action: string; actor: { type: string } }) => [record.action, record.actor.type]),
    [
      ['credentials.read', 'api_key'],
      ['grant.refresh', 'server'],
      ['connection.create', 'person'],
    ],
  )
})
