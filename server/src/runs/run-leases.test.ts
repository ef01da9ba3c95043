// Connectors that run for many lifetimes of their token, and connectors that rotate it by themselves.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startLab } from '@sluice/lab'
import { secret } from '@sluice/oauth'
import { findConnector } from '../connectors/find-connector.ts'
import { adoptRotation } from '../grants/adopt-rotation.ts'
import { readGrant } from '../grants/grant.ts'
import { defer } from '../testing/defer.ts'
import { LAB_REDIRECT_URI, obtainLabTokens } from '../testing/lab-tokens.ts'
import { connectTo, startServerWith } from '../testing/own-lab-server.ts'
import { startTestServer } from '../testing/test-server.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const withoutPython = spawnSync('python3', ['-c', 'import sqlite3']).status === 0 ? false : 'there is no python3 here'
const LAB_SOURCE = here('../../../lab/connectors/source-lab/flow.yaml')

// Most of their time is waiting.
describe('leases of runs', { concurrency: 2 }, () => {
  test('connectors run for many lifetimes of their token under flow, airbyte, singer, devlake, tightlock and environment, and never meet an expired one', {
    skip: withoutPython,
  }, async (t) => {
    const server = await startServerWith(t, { access_token_seconds: 5, rotation: 'always' })
    const protocols = ['flow', 'airbyte', 'singer', 'devlake', 'tightlock', 'environment']
    const runs = protocols.map(async (protocol) => {
      const connection_id = await connectTo(server, `patient-${protocol}`)
      const bindings = [{ resource: { tap_stream_id: 'work' }, target: 'acme/work' }]
      const order = { connection_id, operation: 'read', max_attempts: 1, ...(protocol === 'singer' && { bindings }) }
      return (await server.api('POST', '/v1/runs?wait=90', order)).body
    })
    for (const [index, run] of (await Promise.all(runs)).entries()) {
      assert.equal(run.error, null, `${protocols[index]}: ${JSON.stringify(run.error)}`)
      // A program that is configured by its environment has its log alone.
      const said = run.documents.at(-1)?.document ?? JSON.parse(run.logs.at(-1).message)
      assert.ok(said.tokens >= 4, `${protocols[index]} met ${said.tokens} tokens in ${said.calls} calls`)
      assert.deepEqual(run.rotations, [])
    }
  })

  test('what a connector rotates by itself becomes the grant, in every step of a run', async (t) => {
    const server = await startServerWith(t, { rotation: 'always', reuse: 'revokes_grant' })
    const connection_id = await connectTo(server, 'rotating-tap', { page_size: 100 })
    const grantOf = () => readGrant(server.services, { id: connection_id, tenant_id: server.tenant_id })
    const before = await grantOf()
    const { body: run } = await server.api('POST', '/v1/runs?wait=90', {
      connection_id,
      operation: 'read',
      documents: 'file',
    })
    assert.equal(run.error, null)
    assert.equal(run.document_count, 1250)
    // One for discover, validate and read each.
    assert.deepEqual(
      run.rotations.map(({ outcome }: { outcome: string }) => outcome),
      ['adopted', 'adopted', 'adopted'],
    )
    const after = await grantOf()
    assert.equal(after.version, before.version + 3)
    assert.notEqual(after.refresh_token?.reveal(), before.refresh_token?.reveal())
    const { body: journal } = await server.api('GET', `/v1/connections/${connection_id}/refreshes`)
    assert.equal(journal.data[0].trigger, 'connector')
    // The provider still takes what is stored.
    assert.equal((await server.api('POST', `/v1/connections/${connection_id}/refresh`)).status, 200)
    assert.ok(!JSON.stringify(run).includes(after.refresh_token?.reveal() ?? ''))
  })

  test('two runs of one connection at once, one of which rotates by itself, both end well', async (t) => {
    const server = await startServerWith(
      t,
      { access_token_seconds: 5, rotation: 'always', reuse: 'refused' },
      { seconds: 12 },
    )
    const connection_id = await connectTo(server, 'patient-singer')
    const runs = ['work', 'rotate'].map((stream) => {
      const bindings = [{ resource: { tap_stream_id: stream }, target: `acme/${stream}` }]
      return server.api('POST', '/v1/runs?wait=90', { connection_id, operation: 'read', bindings, max_attempts: 1 })
    })
    const [worked, rotated] = (await Promise.all(runs)).map(({ body }) => body)
    for (const run of [worked, rotated]) assert.equal(run.error, null, JSON.stringify(run.error))
    assert.ok(worked.documents.at(-1).document.tokens >= 2)
    assert.deepEqual(
      rotated.rotations.map(({ outcome }: { outcome: string }) => outcome),
      ['adopted'],
    )
    const { body: connection } = await server.api('GET', `/v1/connections/${connection_id}`)
    assert.equal(connection.status, 'healthy')
    assert.equal((await server.api('POST', `/v1/connections/${connection_id}/refresh`)).status, 200)
  })

  test('two runs that each would spend the refresh token go one after the other', async (t) => {
    const server = await startServerWith(t, { rotation: 'always' })
    const connection_id = await connectTo(server, 'rotating-tap', { page_size: 100 })
    const order = { connection_id, operation: 'read', documents: 'file' }
    const runs = await Promise.all([1, 2].map(() => server.api('POST', '/v1/runs?wait=110', order)))
    for (const { body } of runs) assert.equal(body.error, null, JSON.stringify(body.error))
  })

  test('tokens that were rotated while the grant moved on are told as a conflict, and journaled', async (t) => {
    const server = await startServerWith(t, { rotation: 'always' })
    const connection = { id: await connectTo(server, 'rotating-tap'), tenant_id: server.tenant_id }
    const given = await readGrant(server.services, connection)
    assert.equal((await server.api('POST', `/v1/connections/${connection.id}/refresh`)).status, 200)
    const moved = await readGrant(server.services, connection)
    const { oauth } = await findConnector(server.services.connectors, 'rotating-tap')
    assert.ok(oauth)
    const rotation = {
      run_id: connection.id,
      credentials: secret({ access_token: 'of-its-own', refresh_token: 'of-its-own-too' }),
      held: new Set([given.access_token.reveal(), given.refresh_token?.reveal() ?? '']),
      since: new Date(),
    }
    assert.equal(await adoptRotation(server.services, connection, oauth.plan, rotation), 'conflict')
    assert.equal((await readGrant(server.services, connection)).version, moved.version)
    const { body: journal } = await server.api('GET', `/v1/connections/${connection.id}/refreshes`)
    assert.deepEqual([journal.data[0].outcome, journal.data[0].code], ['superseded', 'rotation_conflict'])
  })

  test('tokens that stand in the config are rotated there', async (t) => {
    const own = await startLab({ rotation: 'always', reuse: 'revokes_grant' })
    defer(t, () => own.close())
    const tap = here('../../../lab/connectors/singer-tap-lab/flow.yaml')
    const env = { LAB_ORIGIN: own.origin }
    const server = await startTestServer(t, { connectors: [LAB_SOURCE, tap], connector_env: env })
    const client = own.addClient({ redirect_uris: [LAB_REDIRECT_URI] })
    const { client_id, client_secret } = client
    const scope = 'openid offline_access customers:read orders:read'
    const { refresh_token } = await obtainLabTokens(own, client, { scope })
    const config = { client_id, client_secret, refresh_token, page_size: 100 }
    const made = await server.api('POST', '/v1/connections', { connector_id: 'singer-tap-lab', config })
    assert.equal(made.status, 201, JSON.stringify(made.body))
    const order = { connection_id: made.body.id, operation: 'read', documents: 'file' }
    for (const documents of [1250, 251]) {
      const { body: run } = await server.api('POST', '/v1/runs?wait=90', order)
      assert.equal(run.error, null)
      // Customers are always read anew, and the bookmark of orders is inclusive.
      assert.equal(run.document_count, documents)
      assert.equal(run.rotations.length, 3)
    }
  })
})
