import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal } from '../fixtures/token-requests.ts'
import { authorize } from '../testing/lab-authorization.ts'
import { startLabFor } from '../testing/lab-client.ts'
import { buildRefreshTokenGrant, buildStandardAuthorizationRequest } from './authorization-code.ts'
import { readGrantResponse } from './read-grant-response.ts'
import { createSender } from './sender.ts'

test('a server known by its metadata alone is authorized at and refreshed, by public clients too', async (t) => {
  const setup = await startLabFor(t, { standards: ['client_assertions'] })
  const send = createSender(setup.send)
  const clients = [
    setup.addClient(),
    setup.addClient({ token_endpoint_auth_method: 'none' }, { token_endpoint_auth_method: 'none' }),
  ]
  for (const client of clients) {
    const now = new Date()
    const tokens = readGrantResponse(await authorize(setup, client, send), { now, phase: 'authorization_code' })
    assert.equal(tokens.scope, 'orders:read offline_access')
    const { refresh_token } = tokens
    assert.ok(refresh_token)
    const refreshed = await send(() =>
      buildRefreshTokenGrant(setup.server, client, { refresh_token, scope: 'orders:read' }),
    )
    assert.equal(readGrantResponse(refreshed, { now, phase: 'refresh_token' }).scope, 'orders:read')
  }
})

test("the endpoint's own query stays, and further parameters override nothing", () => {
  const server = { issuer: 'https://as.example.com', authorization_endpoint: 'https://as.example.com/auth?tenant=1' }
  const input = { redirect_uri: 'https://r.example.com/', state: 's&t', code_challenge: 'c' }
  const parameters = { prompt: 'consent', state: 'other', code_challenge_method: 'plain', client_id: 'other' }
  const request = { ...input, resource: ['https://a.example.com', 'https://b.example.com'], parameters }
  const { searchParams } = new URL(buildStandardAuthorizationRequest(server, { client_id: 'me' }, request).url)
  assert.deepEqual([...searchParams].sort(), [
    ['client_id', 'me'],
    ['code_challenge', 'c'],
    ['code_challenge_method', 'S256'],
    ['prompt', 'consent'],
    ['redirect_uri', 'https://r.example.com/'],
    ['resource', 'https://a.example.com'],
    ['resource', 'https://b.example.com'],
    ['response_type', 'code'],
    ['state', 's&t'],
    ['tenant', '1'],
  ])
  for (const field of ['redirect_uri', 'state', 'code_challenge']) {
    const build = () => buildStandardAuthorizationRequest(server, { client_id: 'me' }, { ...input, [field]: '' })
    assert.equal(refusal(build).field, field)
  }
})
