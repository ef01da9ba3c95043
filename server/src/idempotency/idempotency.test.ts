import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AccountsServer, startAccountsServer } from '../testing/accounts-server.ts'

const body = (id: string) => ({
  connector_id: 'source-accounts',
  end_user: { id },
  config: { credentials: { auth_type: 'api_key', api_key: 'right-key' } },
})

async function post(
  server: AccountsServer,
  key: string,
  sent: object,
  path = '/v1/connections',
  apiKey = server.api_key,
) {
  const response = await fetch(new URL(path, server.base_url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(sent),
  })
  return {
    status: response.status,
    replayed: response.headers.get('idempotency-replayed'),
    text: await response.text(),
  }
}

const codeOf = ({ status, text }: { status: number; text: string }) => [status, JSON.parse(text).code]

async function count(server: AccountsServer): Promise<number> {
  return (await server.api('GET', '/v1/connections')).body.data.length
}

test('a POST sent again with its key is done once and answered the same, byte for byte', async (t) => {
  const clock = { ahead: 0 }
  const server = await startAccountsServer(t, { now: () => new Date(Date.now() + clock.ahead) })
  const first = await post(server, 'k1', body('one'))
  assert.equal(first.status, 201, first.text)
  assert.equal(first.replayed, null)
  const again = await post(server, 'k1', body('one'))
  assert.deepEqual([again.status, again.replayed, again.text], [201, 'true', first.text])
  assert.equal(await count(server), 1)

  assert.deepEqual(codeOf(await post(server, 'k1', body('two'))), [422, 'idempotency_key_reused'])
  assert.deepEqual(codeOf(await post(server, 'k1', body('one'), '/v1/runs')), [422, 'idempotency_key_reused'])
  assert.deepEqual(codeOf(await post(server, 'x'.repeat(256), body('one'))), [422, 'invalid_idempotency_key'])
  assert.equal(await count(server), 1)

  // Another tenant has keys of its own.
  const other = await server.anotherTenant()
  assert.equal((await post(server, 'k1', body('one'), '/v1/connections', other.api_key)).replayed, null)

  clock.ahead = 25 * 60 * 60 * 1000
  const later = await post(server, 'k1', body('two'))
  assert.deepEqual([later.status, later.replayed], [201, null])
  assert.equal(await count(server), 2)
})

test('many at once with one key do it once; a refused request may be mended and sent again with its key', async (t) => {
  const server = await startAccountsServer(t)
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(server, 'k2', body('one'))))
  assert.equal(await count(server), 1)
  for (const answer of answers) {
    if (answer.status !== 201) assert.deepEqual(codeOf(answer), [409, 'request_in_progress'])
  }
  assert.ok(answers.some(({ status }) => status === 201))

  assert.equal((await post(server, 'k3', { ...body('two'), config: {} })).status, 422)
  assert.equal((await post(server, 'k3', body('two'))).status, 201)
  assert.equal(await count(server), 2)
})

test('what a killed server may have done is not done again, and is said', async (t) => {
  const clock = { ahead: 0 }
  const server = await startAccountsServer(t, { now: () => new Date(Date.now() + clock.ahead) })
  await post(server, 'k4', body('one'))
  // As a server leaves it that was killed before it could answer.
  await server.services.db.updateTable('idempotency_keys').set({ status: null, response_sealed: null }).execute()
  assert.deepEqual(codeOf(await post(server, 'k4', body('one'))), [409, 'request_in_progress'])
  clock.ahead = 10 * 60 * 1000
  assert.deepEqual(codeOf(await post(server, 'k4', body('one'))), [409, 'idempotency_outcome_unknown'])
  assert.equal(await count(server), 1)
})

test('kept answers are sealed, because an answer may show a secret', async (t) => {
  const server = await startAccountsServer(t)
  const { text } = await post(server, 'k5', { name: 'a key', scopes: ['connections:read'] }, '/v1/api_keys')
  const [row] = await server.services.db.selectFrom('idempotency_keys').select('response_sealed').execute()
  const shown = JSON.parse(text)
  const secret = Object.values(shown).find((value) => typeof value === 'string' && value.startsWith('sluice_'))
  assert.ok(typeof secret === 'string', text)
  assert.ok(row?.response_sealed !== null && !row?.response_sealed.includes(secret))
  const again = await post(server, 'k5', { name: 'a key', scopes: ['connections:read'] }, '/v1/api_keys')
  assert.equal(again.text, text)
})
