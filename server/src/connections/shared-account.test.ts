// Two connections with one account at the provider, whose revocation ends what both hold.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type AccountsServer, labDeclaration, startAccountsServer } from '../testing/accounts-server.ts'
import { isAlive, type LabTokens, obtainLabTokens } from '../testing/lab-tokens.ts'

/** Both have tokens of one consent, as providers give them to every connection of an account. */
async function twoOfOneAccount(t: TestContext, options: Parameters<typeof startAccountsServer>[1] = {}) {
  const server = await startAccountsServer(t, options)
  const tokens = await obtainLabTokens(server.lab, server.client)
  const [first, second] = [await imported(server, tokens), await imported(server, tokens)]
  return { server, tokens, first, second }
}

async function imported(server: AccountsServer, { access_token, refresh_token, id_token }: LabTokens): Promise<string> {
  const { status, body } = await server.api('POST', '/v1/connections', {
    connector_id: 'source-accounts',
    config: { region: 'asia' },
    grant: { access_token, refresh_token, further: { id_token } },
  })
  assert.equal(status, 201, JSON.stringify(body))
  assert.equal(body.account.id, 'alice')
  return body.id
}

const alive = ({ server, tokens }: { server: AccountsServer; tokens: LabTokens }) =>
  isAlive(server.lab, server.client, tokens.refresh_token)

test('a delete that would end another connection of the account names it and asks', async (t) => {
  const told = await twoOfOneAccount(t)
  const { server, first, second } = told
  const asked = await server.api('DELETE', `/v1/connections/${first}`)
  assert.deepEqual([asked.status, asked.body.code], [409, 'account_shared'])
  assert.ok(asked.body.detail.includes(second) && asked.body.detail.includes('revoke=all'), asked.body.detail)
  assert.equal(await alive(told), true)
  assert.equal((await server.api('GET', `/v1/connections/${first}`)).status, 200)

  const kept = await server.api('DELETE', `/v1/connections/${first}?revoke=none`)
  assert.deepEqual(kept.body.tokens, [
    { token: 'refresh_token', outcome: 'kept', reason: null },
    { token: 'access_token', outcome: 'kept', reason: null },
  ])
  assert.deepEqual(kept.body.also_ended, [])
  assert.equal(await alive(told), true)
  // The last of the account asks nothing.
  assert.equal((await server.api('DELETE', `/v1/connections/${second}`)).body.tokens[0].outcome, 'revoked')
  assert.equal(await alive(told), false)
})

test('a delete that ends another connection of the account says so: answer, audit, history and verdict', async (t) => {
  const { server, first, second } = await twoOfOneAccount(t, { refresh: { ahead: true } })
  const deleted = await server.api('DELETE', `/v1/connections/${first}?revoke=all`)
  assert.equal(deleted.status, 200, JSON.stringify(deleted.body))
  assert.deepEqual(deleted.body.also_ended, [second])
  const { body: audit } = await server.api('GET', '/v1/audit_records')
  const record = audit.data.find(({ action }: { action: string }) => action === 'connection.delete')
  assert.deepEqual(record.detail, { revoke: 'all', same_account: [second] })
  const signal = AbortSignal.timeout(20_000)
  for (;;) {
    const { body } = await server.api('GET', `/v1/connections/${second}`)
    if (body.status === 'needs_reauthorization') {
      assert.ok(body.problems[0].cause.includes(first), body.problems[0].cause)
      assert.equal(body.problems[0].owner, 'person')
      break
    }
    await delay(50, undefined, { signal })
  }
  const { body: history } = await server.api('GET', `/v1/connections/${second}/history`)
  const ended = history.data.find(({ kind }: { kind: string }) => kind === 'account_revoked')
  assert.deepEqual(ended.detail, { connection_id: first })
})

test('where a revocation ends one grant alone, a delete asks nothing and touches nobody else', async (t) => {
  const { server, first, second } = await twoOfOneAccount(t, {
    provider: (origin) => labDeclaration(origin).replace('/token/revocation\n', '/token/revocation\n  ends: grant\n'),
  })
  const deleted = await server.api('DELETE', `/v1/connections/${first}`)
  assert.deepEqual([deleted.status, deleted.body.also_ended], [200, []])
  const { body: history } = await server.api('GET', `/v1/connections/${second}/history`)
  assert.deepEqual(
    history.data.map(({ kind }: { kind: string }) => kind),
    ['imported'],
  )
})
