import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountId } from '@sluice/lab'
import { consent } from '@sluice/lab'
import { type AccountsServer, labDeclaration, startAccountsServer } from '../testing/accounts-server.ts'
import { connect, startAuthorization } from '../testing/connect-story.ts'
import { isAlive, obtainLabTokens } from '../testing/lab-tokens.ts'
import { createTestBrowser } from '../testing/test-browser.ts'

const config = { region: 'asia' }

async function connected(server: AccountsServer): Promise<string> {
  const made = await connect(server, { connector_id: 'source-accounts', config: { region: 'europe' } }, config)
  return made.connection_id
}

/** From a repair link to the answer of its session. */
async function repair(server: AccountsServer, connection_id: string, account: AccountId, further: object = {}) {
  const { body: session, status } = await server.api('POST', '/v1/connect_sessions', { connection_id, ...further })
  assert.equal(status, 201, JSON.stringify(session))
  const link = { path: new URL(session.url).pathname, session_id: session.id }
  const browser = createTestBrowser(server.base_url)
  const url = await startAuthorization(browser, link, config)
  await browser.open(await consent(url, { account, decision: 'allow' }))
  return (await server.api('GET', `/v1/connect_sessions/${session.id}`)).body
}

async function tokensOf(server: AccountsServer, id: string): Promise<{ access_token: string; refresh_token: string }> {
  const { body } = await server.api('GET', `/v1/connections/${id}/credentials`)
  return body.credentials
}

const kinds = async (server: AccountsServer, id: string) =>
  (await server.api('GET', `/v1/connections/${id}/history`)).body.data.map(({ kind }: { kind: string }) => kind)

test('a repair by another account is told and refused, and the old grant stays; where it is allowed, the old tokens end', async (t) => {
  const server = await startAccountsServer(t)
  const id = await connected(server)
  const before = await tokensOf(server, id)
  assert.equal((await server.api('GET', `/v1/connections/${id}`)).body.account.id, 'alice')

  const refused = await repair(server, id, 'bob')
  assert.deepEqual([refused.status, refused.error.code], ['open', 'different_account'])
  assert.deepEqual(await tokensOf(server, id), before)
  assert.equal(await isAlive(server.lab, server.client, before.refresh_token), true)

  const same = await repair(server, id, 'alice')
  assert.deepEqual([same.status, same.connection_id], ['completed', id])
  const renewed = await tokensOf(server, id)
  assert.notEqual(renewed.refresh_token, before.refresh_token)

  const allowed = await repair(server, id, 'bob', { allow_different_account: true })
  assert.equal(allowed.status, 'completed')
  const { body: connection } = await server.api('GET', `/v1/connections/${id}`)
  assert.deepEqual([connection.id, connection.account.id, connection.status], [id, 'bob', 'healthy'])
  assert.equal(await isAlive(server.lab, server.client, renewed.refresh_token), false)
  assert.deepEqual(await kinds(server, id), ['repaired', 'repaired', 'repair_refused', 'created'])
  const events = await server.services.db.selectFrom('events').select(['type', 'data']).orderBy('id').execute()
  const repaired = events.filter(({ type }) => type === 'connection.repaired').map(({ data }) => data.different_account)
  assert.deepEqual(repaired, [false, true])
})

test('a new grant that the provider’s test call refuses does not take the place of the old one', async (t) => {
  const broken = (origin: string) => labDeclaration(origin).replace('path: /me', 'path: /customers')
  const server = await startAccountsServer(t, { provider: broken })
  const { access_token, refresh_token } = await obtainLabTokens(server.lab, server.client, {
    scope: 'openid offline_access customers:read',
  })
  const { body: made } = await server.api('POST', '/v1/connections', {
    connector_id: 'source-accounts',
    config,
    grant: { access_token, refresh_token },
  })
  // The connector asks for no access to customers, which the declared test call reads.
  const refused = await repair(server, made.id, 'alice')
  assert.deepEqual([refused.status, refused.error.code], ['open', 'invalid_grant'])
  assert.equal((await tokensOf(server, made.id)).access_token, access_token)
  assert.deepEqual(await kinds(server, made.id), ['imported'])
})
