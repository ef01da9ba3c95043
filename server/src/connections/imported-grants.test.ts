import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { type AccountsServer, labDeclaration, startAccountsServer } from '../testing/accounts-server.ts'
import { isAlive, obtainLabTokens } from '../testing/lab-tokens.ts'

const wanted = (grant: object, further: object = {}) => ({
  connector_id: 'source-accounts',
  config: { region: 'asia' },
  grant,
  ...further,
})

async function imported(server: AccountsServer, further: object = {}) {
  const tokens = await obtainLabTokens(server.lab, server.client)
  const { access_token, refresh_token, scope } = tokens
  const grant = { access_token, refresh_token, scopes: scope.split(' ') }
  const { status, body } = await server.api('POST', '/v1/connections', wanted(grant, further))
  assert.equal(status, 201, JSON.stringify(body))
  return { tokens, connection: body }
}

const kinds = async (server: AccountsServer, id: string) =>
  (await server.api('GET', `/v1/connections/${id}/history`)).body.data.map(({ kind }: { kind: string }) => kind)

test('existing tokens are imported once the provider’s test call takes them, and spend nothing by that', async (t) => {
  const server = await startAccountsServer(t)
  const { tokens, connection } = await imported(server, { required_scopes: ['orders:read', 'customers:read'] })
  assert.equal(server.lab.token_requests, 1)
  assert.equal(connection.integration_id, server.integration_id)
  assert.deepEqual(connection.scopes, tokens.scope.split(' '))
  assert.deepEqual(connection.missing_scopes, ['customers:read'])
  assert.deepEqual(
    connection.problems.map(({ code, owner }: { code: string; owner: string }) => [code, owner]),
    [['missing_scopes', 'person']],
  )
  assert.ok(!JSON.stringify(connection).includes(tokens.refresh_token))
  const tested = await server.api('POST', `/v1/connections/${connection.id}/test`)
  assert.equal(tested.body.passed, true, JSON.stringify(tested.body))
  assert.equal(tested.body.checks[2].outcome, 'passed')
  assert.deepEqual(await kinds(server, connection.id), ['imported'])
})

test('without a living access token a refresh proves the import, and its tokens are the ones kept', async (t) => {
  const server = await startAccountsServer(t, { rotation: 'always' })
  const { refresh_token } = await obtainLabTokens(server.lab, server.client)
  const made = await server.api('POST', '/v1/connections', wanted({ refresh_token }))
  assert.equal(made.status, 201, JSON.stringify(made.body))
  assert.ok(made.body.access_token_expires_at)
  const exported = await server.api('POST', `/v1/connections/${made.body.id}/export`)
  assert.notEqual(exported.body.grant.refresh_token, refresh_token)
  assert.equal(await isAlive(server.lab, server.client, exported.body.grant.access_token), true)
})

test('what could be refused is refused before a refresh spends the token, also when it cannot be recorded', async (t) => {
  const server = await startAccountsServer(t, { rotation: 'always', connector_env: { NEEDED_CREDENTIAL: 'shop' } })
  const { refresh_token } = await obtainLabTokens(server.lab, server.client)
  const asked = server.lab.token_requests
  const unfit = await server.api('POST', '/v1/connections', wanted({ refresh_token }))
  assert.deepEqual(
    [unfit.status, unfit.body.code, unfit.body.errors[0].pointer],
    [422, 'invalid_config', '/grant/further'],
  )

  const { db } = server.services
  const further = { shop: 'acme' }
  await sql`alter table audit_records rename to audit_records_away`.execute(db)
  const unrecorded = await server.api('POST', '/v1/connections', wanted({ refresh_token, further }))
  assert.deepEqual([unrecorded.status, unrecorded.body.code], [503, 'audit_unavailable'])
  await sql`alter table audit_records_away rename to audit_records`.execute(db)
  assert.equal(server.lab.token_requests, asked)
  assert.equal(await isAlive(server.lab, server.client, refresh_token), true)
  assert.equal((await server.api('POST', '/v1/connections', wanted({ refresh_token, further }))).status, 201)
})

test('tokens that the provider refuses, or that nothing can prove, are not stored', async (t) => {
  const server = await startAccountsServer(t, {
    provider: (origin) => labDeclaration(origin).replace(/api:[\s\S]*/, ''),
  })
  const { access_token } = await obtainLabTokens(server.lab, server.client)
  const refused = async (grant: object) => {
    const { status, body } = await server.api('POST', '/v1/connections', wanted(grant))
    assert.ok(!JSON.stringify(body).includes('dead-canary'))
    return [status, body.code]
  }
  assert.deepEqual(await refused({ refresh_token: 'dead-canary' }), [422, 'tokens_refused'])
  assert.deepEqual(await refused({ access_token }), [422, 'tokens_unproven'])
  assert.deepEqual(await refused({}), [422, 'invalid_request'])
  assert.deepEqual(await refused({ refresh_token: 'a\nb' }), [422, 'invalid_request'])
  server.lab.fault({ status: 503, body: '{"error":"temporarily_unavailable"}' })
  assert.deepEqual(await refused({ refresh_token: 'dead-canary' }), [503, 'token_request_failed'])
  const other = await server.anotherTenant()
  const foreign = await server.api(
    'POST',
    '/v1/connections',
    wanted({ access_token }, { integration_id: server.integration_id }),
    other.api_key,
  )
  assert.deepEqual([foreign.status, foreign.body.code], [404, 'integration_not_found'])
  assert.deepEqual((await server.api('GET', '/v1/connections')).body.data, [])
})

test('S54 deleting revokes at the provider first, tells of each token, and wipes here whatever was answered', async (t) => {
  const server = await startAccountsServer(t)
  const { tokens, connection } = await imported(server)
  const deleted = await server.api('DELETE', `/v1/connections/${connection.id}`)
  assert.equal(deleted.status, 200, JSON.stringify(deleted.body))
  assert.deepEqual(deleted.body.tokens, [
    { token: 'refresh_token', outcome: 'revoked', reason: null },
    { token: 'access_token', outcome: 'ended_with_other', reason: null },
  ])
  assert.equal(await isAlive(server.lab, server.client, tokens.refresh_token), false)
  assert.equal(await isAlive(server.lab, server.client, tokens.access_token), false)

  const second = await imported(server)
  // The provider no longer knows the client, so it revokes nothing.
  server.lab.addClient({ ...server.client, client_secret: 'changed-at-the-provider' })
  const wiped = await server.api('DELETE', `/v1/connections/${second.connection.id}`)
  assert.equal(wiped.status, 200)
  assert.deepEqual(wiped.body.tokens[0].outcome, 'failed')
  assert.match(wiped.body.tokens[0].reason, /client/)
  assert.equal((await server.api('GET', `/v1/connections/${second.connection.id}`)).status, 404)
  for (const table of ['grants', 'connection_history', 'connections']) {
    const { rows } = await sql`select 1 from ${sql.table(table)}`.execute(server.services.db)
    assert.equal(rows.length, 0, table)
  }
  const events = await server.services.db.selectFrom('events').select('type').execute()
  assert.equal(events.filter(({ type }) => type === 'connection.revoked').length, 2)
})

test('an export hands the grant over once, rests it here, and can be taken back', async (t) => {
  const server = await startAccountsServer(t, { access_token_seconds: 1000 })
  const { tokens, connection } = await imported(server)
  const path = `/v1/connections/${connection.id}`
  const first = await server.api('POST', `${path}/export`)
  assert.equal(first.status, 200, JSON.stringify(first.body))
  assert.equal(first.headers.get('cache-control'), 'no-store')
  assert.equal(first.body.grant.refresh_token, tokens.refresh_token)
  assert.equal(first.body.grant.access_token, tokens.access_token)
  assert.deepEqual(first.body.config, { region: 'asia' })
  const again = await server.api('POST', `${path}/export`)
  assert.deepEqual([again.status, again.body.code], [409, 'already_exported'])
  assert.ok(!JSON.stringify(again.body).includes(tokens.refresh_token))

  const resting = await server.api('GET', path)
  assert.equal(resting.body.status, 'disabled')
  assert.equal(resting.body.problems[0].code, 'exported')
  const run = await server.api('POST', '/v1/runs?wait=20', { connection_id: connection.id, operation: 'discover' })
  assert.equal(run.body.error.code, 'connection_disabled')
  assert.equal(server.lab.token_requests, 1)

  assert.equal((await server.api('PATCH', path, { disabled: false })).body.status, 'healthy')
  const kept = await server.api('POST', `${path}/export`, { disable: false })
  assert.equal(kept.status, 200)
  assert.equal((await server.api('GET', path)).body.status, 'healthy')
  assert.deepEqual(await kinds(server, connection.id), ['exported', 'enabled', 'exported', 'imported'])
})

test('S48 what cannot be recorded is not handed over, and nothing is changed', async (t) => {
  const server = await startAccountsServer(t)
  const { tokens, connection } = await imported(server)
  const path = `/v1/connections/${connection.id}`
  await sql`alter table audit_records rename to elsewhere`.execute(server.services.db)
  for (const [method, place] of [
    ['POST', `${path}/export`],
    ['DELETE', path],
  ] as const) {
    const refused = await server.api(method, place)
    assert.deepEqual([refused.status, refused.body.code], [503, 'audit_unavailable'])
    assert.ok(!JSON.stringify(refused.body).includes(tokens.access_token))
  }
  assert.deepEqual((await server.api('GET', path)).body, connection)
  assert.equal(await isAlive(server.lab, server.client, tokens.refresh_token), true)
})

test('a config without credentials changes beside the grant, one with OAuth credentials is refused', async (t) => {
  const server = await startAccountsServer(t)
  const { connection } = await imported(server)
  const path = `/v1/connections/${connection.id}`
  const withTokens = { region: 'asia', credentials: { auth_type: 'oauth', access_token: 'x', refresh_token: 'y' } }
  const refused = await server.api('PATCH', path, { config: withTokens })
  assert.deepEqual([refused.status, refused.body.code], [422, 'credentials_in_config'])
  const changed = await server.api('PATCH', path, { config: { region: 'europe' }, required_scopes: ['orders:read'] })
  assert.equal(changed.status, 200)
  assert.equal(changed.body.config.region, 'europe')
  const tested = await server.api('POST', `${path}/test`)
  assert.equal(tested.body.passed, true, JSON.stringify(tested.body))
})

test('the history tells of refreshes and of scopes that changed with them, in pages', async (t) => {
  const server = await startAccountsServer(t)
  const { connection } = await imported(server, { required_scopes: ['orders:read'] })
  const path = `/v1/connections/${connection.id}`
  const refresh = () => server.api('POST', `${path}/refresh`)
  assert.equal((await refresh()).status, 200)
  const narrower = { access_token: 'narrower', token_type: 'Bearer', expires_in: 3600, scope: 'openid offline_access' }
  server.lab.fault({ body: JSON.stringify(narrower) })
  assert.equal((await refresh()).status, 200)
  const { body: now } = await server.api('GET', path)
  assert.deepEqual([now.missing_scopes, now.problems[0].code], [['orders:read'], 'missing_scopes'])

  const { body: whole } = await server.api('GET', `${path}/history`)
  assert.deepEqual(
    whole.data.map(({ kind }: { kind: string }) => kind),
    ['scopes_changed', 'refreshed', 'refreshed', 'imported'],
  )
  assert.deepEqual(whole.data[0].detail, { lost: ['orders:read'], gained: [] })
  const { body: first } = await server.api('GET', `${path}/history?limit=3`)
  const { body: rest } = await server.api('GET', `${path}/history?limit=3&cursor=${first.next_cursor}`)
  assert.deepEqual([...first.data, ...rest.data], whole.data)
})

test('a disabled connection says so when it is tested or run, whose turn it is, and is not tried again', async (t) => {
  const server = await startAccountsServer(t)
  const { connection } = await imported(server)
  const own = await server.api('POST', '/v1/connections', {
    connector_id: 'source-accounts',
    config: { password: 'p4ssword', credentials: { auth_type: 'api_key', api_key: 'right-key' } },
  })
  for (const id of [connection.id, own.body.id]) {
    const path = `/v1/connections/${id}`
    await server.api('PATCH', path, { disabled: true })
    const tested = await server.api('POST', `${path}/test`)
    const { passed, verdict, owner, next_action, checks, run_id } = tested.body
    assert.deepEqual([tested.status, passed, verdict, owner, run_id], [200, false, 'disabled', 'operator', null])
    assert.match(next_action, /"disabled": false/)
    assert.deepEqual(
      checks.map(({ check, outcome }: { check: string; outcome: string }) => `${check} ${outcome}`),
      ['enabled failed', 'config skipped', 'grant skipped', 'test_call skipped', 'connector skipped'],
    )
    const { body: run } = await server.api('POST', '/v1/runs?wait=20', { connection_id: id, operation: 'read' })
    assert.deepEqual([run.status, run.attempt], ['failed', 1])
    assert.deepEqual([run.error.code, run.error.verdict], ['connection_disabled', 'disabled'])
    assert.match(run.error.next_action, /"disabled": false/)
    await server.api('PATCH', path, { disabled: false })
    assert.equal((await server.api('POST', `${path}/test`)).body.passed, true)
  }
  const history = (await server.api('GET', `/v1/connections/${connection.id}/refreshes`)).body.data
  assert.deepEqual(history, [])
})
