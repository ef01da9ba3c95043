import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startAccountsServer } from '../testing/accounts-server.ts'
import { uuidv7 } from '../uuid.ts'

const withKey = (api_key: string, further: object = {}) => ({
  connector_id: 'source-accounts',
  config: { password: 'p4ssword-canary', credentials: { auth_type: 'api_key', api_key } },
  ...further,
})

test('an API key makes a connection without grant: masked, sealed, tested, changed, deleted', async (t) => {
  const server = await startAccountsServer(t)
  const created = await server.api('POST', '/v1/connections', withKey('right-key', { end_user: { id: 'customer-1' } }))
  assert.equal(created.status, 201, JSON.stringify(created.body))
  const { id } = created.body
  assert.equal(created.body.integration_id, null)
  assert.deepEqual(created.body.config, {
    region: 'europe',
    password: '********',
    credentials: { auth_type: 'api_key', api_key: '********' },
  })
  assert.deepEqual(created.body.problems, [])

  const tested = await server.api('POST', `/v1/connections/${id}/test`)
  assert.equal(tested.status, 200, JSON.stringify(tested.body))
  assert.equal(tested.body.passed, true, JSON.stringify(tested.body))
  assert.deepEqual(
    tested.body.checks.map(({ check, outcome }: { check: string; outcome: string }) => [check, outcome]),
    [
      ['config', 'passed'],
      ['grant', 'skipped'],
      ['test_call', 'skipped'],
      ['connector', 'passed'],
    ],
  )

  // Masked values that come back mean unchanged; the key beside them is a new one.
  const { config } = created.body
  const wrong = { ...config, region: 'asia', credentials: { ...config.credentials, api_key: 'wrong-key' } }
  const changed = await server.api('PATCH', `/v1/connections/${id}`, { config: wrong })
  assert.equal(changed.status, 200, JSON.stringify(changed.body))
  assert.equal(changed.body.version, created.body.version + 1)
  assert.equal(changed.body.config.region, 'asia')
  const failing = (await server.api('POST', `/v1/connections/${id}/test`)).body
  assert.equal(failing.passed, false)
  assert.equal(failing.owner, 'operator')
  assert.match(failing.next_action, /PATCH/)
  const read = await server.api('GET', `/v1/connections/${id}/credentials`)
  assert.equal(read.body.access_token, null)
  assert.equal(read.body.credentials.credentials.api_key, 'wrong-key')
  const exported = await server.api('POST', `/v1/connections/${id}/export`, {})
  assert.equal(exported.body.config.password, 'p4ssword-canary')
  assert.equal(exported.body.config.credentials.api_key, 'wrong-key')
  assert.equal(exported.body.grant, null)

  const { body: history } = await server.api('GET', `/v1/connections/${id}/history`)
  assert.deepEqual(
    history.data.map(({ kind }: { kind: string }) => kind),
    ['exported', 'changed', 'created'],
  )
  assert.match(history.data[2].actor.id, /./)

  const deleted = await server.api('DELETE', `/v1/connections/${id}`)
  assert.deepEqual(deleted.body, { id, deleted: true, tokens: [], also_ended: [] })
  assert.equal((await server.api('GET', `/v1/connections/${id}`)).status, 404)
  assert.ok(!server.logs.join('').includes('p4ssword-canary'))
})

test('a change is refused when somebody else changed the connection meanwhile', async (t) => {
  const server = await startAccountsServer(t)
  const { body: created, headers } = await server.api('POST', '/v1/connections', withKey('right-key'))
  const etag = headers.get('etag') ?? ''
  const change = (end_user: object, if_match: string) =>
    fetch(new URL(`/v1/connections/${created.id}`, server.base_url), {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${server.api_key}`,
        'content-type': 'application/json',
        'if-match': if_match,
      },
      body: JSON.stringify({ end_user }),
    })
  const first = await change({ id: 'one' }, etag)
  assert.equal(first.status, 200, await first.text())
  const late = await change({ id: 'two' }, etag)
  assert.equal(late.status, 412)
  assert.equal(((await late.json()) as { code: string }).code, 'changed_meanwhile')
  assert.equal((await server.api('GET', `/v1/connections/${created.id}`)).body.end_user.id, 'one')
  const again = await Promise.all(['a', 'b', 'c'].map((id) => change({ id }, first.headers.get('etag') ?? '')))
  assert.deepEqual(again.map(({ status }) => status).sort(), [200, 412, 412])
})

test('what breaks the connector’s schema is named, and nothing is stored', async (t) => {
  const server = await startAccountsServer(t)
  const refused = async (body: object) => {
    const { status, body: problem } = await server.api('POST', '/v1/connections', body)
    return [status, problem.code, problem.errors?.[0]?.pointer]
  }
  assert.deepEqual(await refused({ connector_id: 'source-accounts', config: {} }), [
    422,
    'invalid_config',
    '/config/credentials',
  ])
  const oauth = { auth_type: 'oauth', access_token: 'a', refresh_token: 'r' }
  assert.deepEqual((await refused({ connector_id: 'source-accounts', config: { credentials: oauth } })).slice(0, 2), [
    422,
    'oauth_credentials_in_config',
  ])
  assert.deepEqual((await refused(withKey('k', { integration_id: server.integration_id }))).slice(0, 2), [
    422,
    'grant_missing',
  ])
  assert.deepEqual((await refused({ ...withKey('k'), connector_id: 'nothing' })).slice(0, 2), [
    404,
    'connector_not_found',
  ])
  assert.equal((await refused({ ...withKey('k'), surprise: 1 }))[0], 422)
  assert.equal((await server.api('GET', '/v1/connections')).body.data.length, 0)

  const { body: made } = await server.api('POST', '/v1/connections', withKey('right-key'))
  const masked = { ...made.config, credentials: { ...made.config.credentials, private_key: '********' } }
  const unknown = await server.api('PATCH', `/v1/connections/${made.id}`, { config: masked })
  assert.deepEqual([unknown.status, unknown.body.code], [422, 'nothing_masked'])
  const { body: after } = await server.api('GET', `/v1/connections/${made.id}`)
  assert.deepEqual(after, made)
})

test('lists are filtered by connector, end user, status and date, and a malformed filter is named', async (t) => {
  const server = await startAccountsServer(t)
  const made: string[] = []
  for (const end_user of ['ada', 'bob', 'ada']) {
    made.push(
      (await server.api('POST', '/v1/connections', withKey('right-key', { end_user: { id: end_user } }))).body.id,
    )
  }
  await server.api('PATCH', `/v1/connections/${made[0]}`, { disabled: true })
  const list = async (query: string) =>
    (await server.api('GET', `/v1/connections?${query}`)).body.data.map(({ id }: { id: string }) => made.indexOf(id))
  assert.deepEqual(await list('end_user_id=ada'), [2, 0])
  assert.deepEqual(await list('end_user_id=ada&limit=1'), [2])
  assert.deepEqual(await list(`cursor=${made[1]}`), [0])
  assert.deepEqual(await list('status=disabled'), [0])
  assert.deepEqual(await list('status=healthy'), [2, 1])
  assert.deepEqual(await list('connector_id=source-lab'), [])
  assert.deepEqual(await list(`integration_id=${server.integration_id}`), [])
  assert.deepEqual(await list('act_before=2100-01-01T00:00:00Z'), [])
  for (const wrong of ['cursor=x', 'status=odd', 'act_before=soon', 'limit=0', 'colour=red']) {
    assert.equal((await server.api('GET', `/v1/connections?${wrong}`)).status, 422, wrong)
  }
  const { body: disabled } = await server.api('GET', `/v1/connections/${made[0]}`)
  assert.equal(disabled.status, 'disabled')
  assert.equal(disabled.problems[0].code, 'disabled')
})

test('S47 changing, testing, exporting or deleting another tenant’s connection answers as if it did not exist', async (t) => {
  const server = await startAccountsServer(t)
  const { body: made } = await server.api('POST', '/v1/connections', withKey('right-key'))
  const other = await server.anotherTenant()
  const calls: [string, string, object?][] = [
    ['PATCH', '', { disabled: true }],
    ['DELETE', ''],
    ['POST', '/test'],
    ['POST', '/export', {}],
    ['GET', '/history'],
    ['GET', ''],
  ]
  for (const [method, path, body] of calls) {
    const missing = uuidv7()
    const foreign = await server.api(method, `/v1/connections/${made.id}${path}`, body, other.api_key)
    const unknown = await server.api(method, `/v1/connections/${missing}${path}`, body, other.api_key)
    assert.equal(foreign.status, 404, method + path)
    assert.deepEqual(foreign.body, JSON.parse(JSON.stringify(unknown.body).replaceAll(missing, made.id)))
    assert.equal((await server.api(method, `/v1/connections/nonsense${path}`, body)).status, 422)
  }
  assert.deepEqual((await server.api('GET', `/v1/connections/${made.id}`)).body, made)
})
