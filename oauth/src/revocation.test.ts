import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal } from './fixtures/token-requests.ts'
import { buildClientCredentialsGrant } from './grants/client-credentials.ts'
import { readGrantResponse } from './grants/read-grant-response.ts'
import { buildStandardIntrospectionRequest, readIntrospectionResponse } from './introspection.ts'
import { buildStandardRevocationRequest, readRevocationResponse } from './revocation.ts'
import { secret } from './secret.ts'
import { startLabFor } from './testing/lab-client.ts'

const reply = (status: number, body = '') => ({ status, headers: new Headers(), body })

test('introspection knows a token until it is revoked', async (t) => {
  const { send, server, addClient } = await startLabFor(t, { standards: ['client_credentials'] })
  const client = addClient({ grant_types: ['client_credentials'], redirect_uris: [], response_types: [] })
  const now = new Date()
  const response = await send(await buildClientCredentialsGrant(server, client, { scope: 'orders:read' }))
  const { access_token: token } = readGrantResponse(response, { now, phase: 'client_credentials' })
  const introspect = async () => {
    const request = await buildStandardIntrospectionRequest(server, client, { token, token_type_hint: 'access_token' })
    return readIntrospectionResponse(await send(request))
  }

  const known = await introspect()
  assert.ok(known.active)
  assert.deepEqual([known.scope, known.client_id, known.token_type], ['orders:read', client.client_id, 'Bearer'])
  assert.ok(Math.abs((known.expires_at?.getTime() ?? 0) - now.getTime() - 3600_000) < 60_000)

  readRevocationResponse(await send(await buildStandardRevocationRequest(server, client, { token })))
  assert.deepEqual(await introspect(), { active: false })
  readRevocationResponse(await send(await buildStandardRevocationRequest(server, client, { token: secret('unknown') })))
  const stranger = { ...client, client_secret: secret('wrong') }
  const refused = await send(await buildStandardRevocationRequest(server, stranger, { token }))
  assert.equal(refusal(() => readRevocationResponse(refused)).code, 'invalid_client')
})

test('a token that was dead already counts as revoked, an answer that leaves it alive does not', () => {
  for (const dead of [
    reply(200),
    reply(204),
    reply(200, '{}'),
    reply(200, '<html>'),
    reply(400, '{"error":"invalid_token"}'),
  ]) {
    readRevocationResponse(dead)
  }
  const verdict = (status: number, body = '') => {
    const error = refusal(() => readRevocationResponse(reply(status, body)))
    return [error.code, error.verdict]
  }
  assert.deepEqual(verdict(503), ['request_failed', 'transient'])
  assert.deepEqual(verdict(400, '{"error":"unsupported_token_type"}'), ['request_failed', 'integration_broken'])
  assert.deepEqual(verdict(404), ['request_failed', 'integration_broken'])
  assert.deepEqual(verdict(200, '{"ok":false,"error":"not_authed"}'), ['request_failed', 'integration_broken'])
})

test('an introspection response must say whether the token is active', () => {
  for (const body of ['{}', '{"active":"true"}', '', '[]']) {
    assert.equal(refusal(() => readIntrospectionResponse(reply(200, body))).code, 'malformed_response', body)
  }
  const odd = readIntrospectionResponse(reply(200, '{"active":true,"scope":7,"aud":["a",1],"exp":1e300}'))
  assert.ok(odd.active)
  assert.deepEqual([odd.scope, odd.audience, odd.expires_at], [null, ['a'], null])
})
