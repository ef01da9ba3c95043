import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labDeclaration, startAccountsServer } from '../testing/accounts-server.ts'
import { obtainLabTokens } from '../testing/lab-tokens.ts'

const WAYS = {
  'the provider’s declaration names': (origin: string) =>
    `${labDeclaration(origin)}introspection:\n  url: ${origin}/token/introspection\n`,
  'the provider’s metadata names': (origin: string) => `${labDeclaration(origin)}issuer: ${origin}\n`,
}

for (const [way, provider] of Object.entries(WAYS)) {
  test(`a token of unknown lifetime is asked about once where ${way} an endpoint, and then refreshed in time`, async (t) => {
    const clock = { ahead: 0 }
    const now = () => new Date(Date.now() + clock.ahead)
    const server = await startAccountsServer(t, { provider, access_token_seconds: 1000, now })
    const { access_token, refresh_token } = await obtainLabTokens(server.lab, server.client)
    const made = await server.api('POST', '/v1/connections', {
      connector_id: 'source-accounts',
      config: { region: 'asia' },
      grant: { access_token, refresh_token },
    })
    assert.equal(made.status, 201, JSON.stringify(made.body))
    assert.equal(made.body.access_token_expires_at, null)

    const path = `/v1/connections/${made.body.id}/credentials`
    const first = await server.api('GET', path)
    assert.equal(first.body.access_token, access_token)
    const lifetime = (Date.parse(first.body.access_token_expires_at) - Date.now()) / 1000
    assert.ok(lifetime > 900 && lifetime <= 1001, first.body.access_token_expires_at)
    clock.ahead = 1_100_000
    assert.notEqual((await server.api('GET', path)).body.access_token, access_token)
  })
}

test('where nobody can be asked the token is used as it is', async (t) => {
  const server = await startAccountsServer(t)
  const { access_token, refresh_token } = await obtainLabTokens(server.lab, server.client)
  const made = await server.api('POST', '/v1/connections', {
    connector_id: 'source-accounts',
    config: { region: 'asia' },
    grant: { access_token, refresh_token },
  })
  const { status, body } = await server.api('GET', `/v1/connections/${made.body.id}/credentials`)
  assert.deepEqual([status, body.access_token, body.access_token_expires_at], [200, access_token, null])
  assert.ok(!server.logs.join('').includes('introspection failed'))
})
