// What becomes of tokens that the provider issued and that are then refused here.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type AccountId, consent } from '@sluice/lab'
import { sql } from 'kysely'
import { type AccountsServer, labDeclaration, startAccountsServer } from '../testing/accounts-server.ts'
import { connect, createLink, startAuthorization } from '../testing/connect-story.ts'
import { isAlive } from '../testing/lab-tokens.ts'
import { createTestBrowser } from '../testing/test-browser.ts'

const invitation = { connector_id: 'source-accounts', config: { region: 'europe' } }
const config = { region: 'asia' }
const endsGrant = (origin: string) =>
  labDeclaration(origin).replace('token/revocation', 'token/revocation\n  ends: grant')

/** The server, with the refresh token of every token response that it reads. */
async function start(t: TestContext, provider = labDeclaration) {
  const server = await startAccountsServer(t, { provider })
  const issued: string[] = []
  const { fetch } = server.services
  server.services.fetch = async (...request) => {
    const response = await fetch(...request)
    const [, refresh_token] = /"refresh_token":"([^"]+)"/.exec(response.body) ?? []
    if (refresh_token !== undefined) issued.push(refresh_token)
    return response
  }
  const alive = () => Promise.all(issued.map((token) => isAlive(server.lab, server.client, token)))
  return { server, alive }
}

async function authorize(server: AccountsServer, body: object, account: AccountId = 'alice') {
  const link = await createLink(server, { ...body })
  const browser = createTestBrowser(server.base_url)
  await browser.open(await consent(await startAuthorization(browser, link, config), { account, decision: 'allow' }))
  const { body: session } = await server.api('GET', `/v1/connect_sessions/${link.session_id}`)
  return session.error?.code ?? session.status
}

const lacking = { ...invitation, required_scopes: ['openid', 'offline_access', 'orders:read', 'nothing:here'] }

test('tokens of a consent without a required scope are revoked, because nobody will use them', async (t) => {
  const { server, alive } = await start(t)
  assert.equal(await authorize(server, lacking), 'scopes_missing')
  assert.deepEqual(await alive(), [false])
})

test('they are left alone while a connection has that account: a revocation may end its grant too', async (t) => {
  const { server, alive } = await start(t)
  await connect(server, invitation, config)
  assert.equal(await authorize(server, lacking), 'scopes_missing')
  assert.deepEqual(await alive(), [true, true])
  assert.equal(await authorize(server, lacking, 'bob'), 'scopes_missing')
  assert.deepEqual(await alive(), [true, true, false])
})

test('they are revoked all the same where the provider ends one consent’s tokens by it', async (t) => {
  const { server, alive } = await start(t, endsGrant)
  await connect(server, invitation, config)
  assert.equal(await authorize(server, lacking), 'scopes_missing')
  assert.deepEqual(await alive(), [true, false])
})

test('S48 what cannot be recorded in the audit log makes no connection, and its tokens are revoked', async (t) => {
  const { server, alive } = await start(t)
  await sql`alter table audit_records rename to elsewhere`.execute(server.services.db)
  assert.equal(await authorize(server, invitation), 'audit_unavailable')
  assert.deepEqual((await server.api('GET', '/v1/connections')).body.data, [])
  assert.deepEqual(await alive(), [false])

  await sql`alter table elsewhere rename to audit_records`.execute(server.services.db)
  assert.equal(await authorize(server, invitation), 'completed')
  const { body } = await server.api('GET', '/v1/audit_records?action=connection.create')
  assert.equal(body.data.length, 1)
  assert.deepEqual(await alive(), [false, true])
})

test('a repair that is refused ends its own tokens, and never those of another connection', async (t) => {
  const { server, alive } = await start(t)
  const { connection_id } = await connect(server, invitation, config)
  assert.equal(await authorize(server, { connector_id: undefined, connection_id }, 'bob'), 'different_account')
  assert.deepEqual(await alive(), [true, false])

  assert.equal(await authorize(server, invitation, 'bob'), 'completed')
  assert.equal(await authorize(server, { connector_id: undefined, connection_id }, 'bob'), 'different_account')
  assert.deepEqual(await alive(), [true, false, true, true])
})

test('of two browsers that finish one link, the loser’s tokens are revoked where they are another account’s', async (t) => {
  for (const [account, ends] of [
    ['bob', true],
    ['alice', false],
  ] as const) {
    const { server, alive } = await start(t)
    const link = await createLink(server, invitation)
    const [first, second] = [createTestBrowser(server.base_url), createTestBrowser(server.base_url)]
    const slow = await consent(await startAuthorization(first, link, config), { account, decision: 'allow' })
    const { fetch } = server.services
    const [underWay, secondIsDone] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    server.services.fetch = async (...request) => {
      server.services.fetch = fetch
      underWay.resolve()
      await secondIsDone.promise
      return fetch(...request)
    }
    const finishing = first.open(slow)
    await underWay.promise
    await second.open(
      await consent(await startAuthorization(second, link, config), { account: 'alice', decision: 'allow' }),
    )
    secondIsDone.resolve()
    await finishing
    assert.deepEqual(await alive(), [true, !ends], account)
  }
})
