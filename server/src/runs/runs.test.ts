import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { secret } from '@sluice/oauth'
import { sql } from 'kysely'
import { findConnection } from '../connections/connection.ts'
import { freshGrant } from '../grants/fresh-grant.ts'
import { createIntegration } from '../integrations/create-integration.ts'
import { redirectUri } from '../integrations/integration-record.ts'
import { connect } from '../testing/connect-story.ts'
import { readJson } from '../testing/test-browser.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

const failingConnectors = fileURLToPath(new URL('../testing/connectors/flow.yaml', import.meta.url))
const labConnector = fileURLToPath(new URL('../../../lab/connectors/source-lab/flow.yaml', import.meta.url))

test('a preview runs spec, discover, validate and capture, and keeps documents of every collection', async (t) => {
  const server = await startTestServer(t)
  const { connection_id } = await connect(server)
  const started = await server.api('POST', '/v1/runs?wait=60', {
    connection_id,
    operation: 'preview',
    max_documents: 20,
  })
  assert.equal(started.status, 201)
  const run = started.body
  assert.equal(run.error, null)
  assert.equal(run.status, 'succeeded')
  assert.deepEqual(
    run.steps.map(({ operation, status }: { operation: string; status: string }) => [operation, status]),
    [
      ['spec', 'succeeded'],
      ['discover', 'succeeded'],
      ['validate', 'succeeded'],
      ['capture', 'succeeded'],
    ],
  )
  const collections = run.documents.map(({ collection }: { collection: string }) => collection)
  assert.equal(collections.length, 20)
  assert.equal(new Set(collections).size, 2)
  assert.deepEqual((await server.api('GET', `/v1/runs/${run.id}`)).body, run)
  const { steps: _steps, documents: _documents, logs: _logs, rotations: _rotations, error: _error, ...summary } = run
  const { body: list } = await server.api('GET', `/v1/runs?connection_id=${connection_id}`)
  assert.deepEqual(list.data, [{ ...summary, error_code: null }])
})

test('S48 what a connector gets is recorded with who asked for it, and while that cannot be written it gets nothing', async (t) => {
  const server = await startTestServer(t)
  const { browser, link, connection_id } = await connect(server, { preview: true, end_user: { id: 'person-1' } })
  const run = await server.api('POST', '/v1/runs?wait=60', { connection_id, operation: 'spec' })
  const sample = await readJson(await browser.post(`${link.path}/runs`, { operation: 'spec' }))
  await server.services.runs.settled({ id: sample.id, tenant_id: server.tenant_id }, 60_000)
  const { body: records } = await server.api('GET', '/v1/audit_records?action=credentials.launch')
  const own = (await server.api('GET', '/v1/api_keys')).body.data[0].id
  assert.deepEqual(
    records.data.map(({ actor, detail }: { actor: object; detail: object }) => [actor, detail]),
    [
      [{ type: 'person', id: 'person-1' }, { run_id: sample.id }],
      [{ type: 'api_key', id: own }, { run_id: run.body.id }],
    ],
  )

  await sql`alter table audit_records rename to audit_records_away`.execute(server.services.db)
  const body = { connection_id, operation: 'discover' }
  const unrecorded = await server.api('POST', '/v1/runs?wait=60', body)
  assert.equal(unrecorded.body.error.code, 'audit_unavailable')
  await sql`alter table audit_records_away rename to audit_records`.execute(server.services.db)
})

test('S45 tokens and the client secret are in no log, no run record and no column of the database', async (t) => {
  const server = await startTestServer(t)
  const { connection_id } = await connect(server)
  const run = await server.api('POST', '/v1/runs?wait=60', { connection_id, operation: 'preview' })
  assert.equal(run.body.status, 'succeeded')
  const secrets = await secretsOf(server, connection_id)
  const places = { logs: server.logs.join('\n'), run: JSON.stringify(run.body), database: await dump(server) }
  assert.ok(places.logs.includes('/v1/runs'))
  assert.ok(places.database.includes(connection_id))
  for (const [name, value] of Object.entries(secrets)) {
    for (const [place, text] of Object.entries(places)) {
      for (const form of formsOf(value)) assert.ok(!text.includes(form), `${name} is in the ${place}`)
    }
  }
})

async function secretsOf(server: TestServer, connectionId: string): Promise<Record<string, string>> {
  const row = await findConnection(server.services, server.tenant_id, connectionId)
  const { credentials } = await freshGrant(server.services, row)
  const { access_token, refresh_token } = credentials.reveal()
  return { access_token: String(access_token), refresh_token: String(refresh_token), client: server.client_secret }
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  return [value, encodeURIComponent(value), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex')]
}

async function dump({ services }: TestServer): Promise<string> {
  const tables = await services.db.introspection.getTables()
  const rows = tables.map(({ schema = 'public', name }) =>
    sql`select * from ${sql.table(`${schema}.${name}`)}`.execute(services.db),
  )
  const text = JSON.stringify(
    (await Promise.all(rows)).map(({ rows: found }) => found),
    (_key, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value),
  )
  return text
}

const failures = [
  { connector: 'source-exits', code: 'connector_exited', says: /cannot reach the source/ },
  { connector: 'source-garbage', code: 'connector_malformed_output', says: /<html>/ },
]

for (const { connector, code, says } of failures) {
  test(`a run of ${connector} fails with what it said, redacted`, async (t) => {
    const server = await startTestServer(t, { connectors: [labConnector, failingConnectors] })
    const connection_id = await connectWith(server, connector)
    const { body: run } = await server.api('POST', '/v1/runs?wait=60', { connection_id, operation: 'discover' })
    assert.equal(run.status, 'failed')
    assert.equal(run.error.code, code)
    assert.equal(run.error.verdict, 'connector_broken')
    assert.ok(run.error.next_action)
    assert.match(`${run.error.message} ${run.error.stderr}`, says)
    const { access_token = '' } = await secretsOf(server, connection_id)
    assert.ok(!JSON.stringify(run).includes(access_token))
    assert.equal((await server.api('GET', `/v1/connections/${connection_id}`)).body.status, 'healthy')
  })
}

test('a connector that never answers is ended with the server, and its run says so', async (t) => {
  const server = await startTestServer(t, { connectors: [labConnector, failingConnectors] })
  const connection_id = await connectWith(server, 'source-silent')
  const { body: started } = await server.api('POST', '/v1/runs', { connection_id, operation: 'discover' })
  await reaches(server, started.id, 'running')
  await server.services.runs.stop()
  const { body: run } = await server.api('GET', `/v1/runs/${started.id}`)
  assert.equal(run.status, 'failed')
  assert.equal(run.error.code, 'server_stopped')
})

test('a run that does not come to an end is ended, and others wait until there is room', async (t) => {
  const server = await startTestServer(t, {
    connectors: [labConnector, failingConnectors],
    run_limits: { run_ms: 1500, at_once: 1, waiting_per_tenant: 2 },
  })
  const connection_id = await connectWith(server, 'source-silent')
  const start = { connection_id, operation: 'discover' }
  const { body: first } = await server.api('POST', '/v1/runs', start)
  await reaches(server, first.id, 'running')
  const { body: second } = await server.api('POST', '/v1/runs', start)
  assert.equal(second.status, 'queued')
  const { body: third } = await server.api('POST', '/v1/runs', { ...start, operation: 'spec' })
  const refused = await server.api('POST', '/v1/runs', start)
  assert.deepEqual([refused.status, refused.body.code], [503, 'too_many_runs'])
  await server.services.runs.settled({ id: third.id, tenant_id: server.tenant_id }, 60_000)
  const after = async ({ id }: { id: string }) => (await server.api('GET', `/v1/runs/${id}`)).body
  assert.equal((await after(first)).error.code, 'run_too_long')
  assert.equal((await after(second)).error.code, 'run_too_long')
  assert.equal((await after(third)).attempt, 1)
})

async function reaches(server: TestServer, id: string, status: string): Promise<void> {
  const signal = AbortSignal.timeout(20_000)
  for (;;) {
    const { body } = await server.api('GET', `/v1/runs/${id}`)
    if (body.status === status) return
    signal.throwIfAborted()
    await server.services.run_watch.changed({ id, version: -1 }, 50, signal)
  }
}

test('whoever holds a link learns that a sample failed, not what the connector said', async (t) => {
  const server = await startTestServer(t, { connectors: [labConnector, failingConnectors] })
  const { browser, link, connection_id } = await connectedBy(server, 'source-exits', { preview: true })
  const started = await readJson(await browser.post(`${link.path}/runs`, { operation: 'discover' }))
  await server.services.runs.settled({ id: started.id, tenant_id: server.tenant_id }, 60_000)
  const seen = await readJson(await browser.open(`${link.path}/runs/${started.id}`))
  assert.equal(seen.status, 'failed')
  assert.equal(seen.error.stderr, '')
  assert.doesNotMatch(JSON.stringify(seen), /cannot reach the source/)
  const { body: told } = await server.api('GET', `/v1/runs/${started.id}`)
  assert.match(JSON.stringify(told), /cannot reach the source/)
  assert.equal(told.connection_id, connection_id)
})

test('a transient failure is tried again after pauses, and the attempts are shown', async (t) => {
  const server = await startTestServer(t, {
    connectors: [labConnector, failingConnectors],
    run_limits: { retry_ms: 100 },
  })
  const connection_id = await connectWith(server, 'source-crashes')
  const order = { connection_id, operation: 'discover', max_attempts: 3 }
  const { body: run } = await server.api('POST', '/v1/runs?wait=90', order)
  assert.deepEqual([run.status, run.attempt, run.max_attempts], ['failed', 3, 3])
  assert.deepEqual([run.error.code, run.error.verdict], ['connector_killed', 'transient'])
  const { body: once } = await server.api('POST', '/v1/runs?wait=90', { connection_id, operation: 'discover' })
  assert.deepEqual([once.status, once.attempt], ['failed', 1])
  assert.match(
    await (await fetch(`${server.base_url}/metrics`)).text(),
    /sluice_runs_total\{operation="discover",status="failed"\} 2/,
  )
})

test('a run whose worker is gone is taken up again, or failed where it may not be', async (t) => {
  const server = await startTestServer(t)
  const { connection_id } = await connect(server)
  for (const [max_attempts, status, code] of [
    [2, 'succeeded', null],
    [1, 'failed', 'worker_lost'],
  ] as const) {
    const spec = { connection_id, operation: 'spec', max_attempts }
    const { body: run } = await server.api('POST', '/v1/runs?wait=60', spec)
    await server.services.db
      .updateTable('runs')
      .set({ status: 'running', finished_at: null, lease_until: new Date(Date.now() - 1000) })
      .where('tenant_id', '=', server.tenant_id)
      .where('id', '=', run.id)
      .execute()
    await server.services.runs.settled({ id: run.id, tenant_id: server.tenant_id }, 60_000)
    const { body: after } = await server.api('GET', `/v1/runs/${run.id}`)
    assert.deepEqual([after.status, after.attempt, after.error?.code ?? null], [status, 2, code])
  }
})

async function connectWith(server: TestServer, connector_id: string): Promise<string> {
  return (await connectedBy(server, connector_id)).connection_id
}

async function connectedBy(server: TestServer, connector_id: string, body: Record<string, unknown> = {}) {
  const { client_id, client_secret } = server.lab.addClient()
  const integration = await createIntegration(server.services, {
    tenant_id: server.tenant_id,
    connector_id,
    client_id,
    client_secret: secret(client_secret),
  })
  server.lab.addClient({
    client_id,
    client_secret,
    redirect_uris: [redirectUri(server.services.base_url, integration.id)],
  })
  return connect(server, { connector_id, integration_id: integration.id, ...body })
}
