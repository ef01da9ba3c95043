import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal } from '../fixtures/token-requests.ts'
import { readGrantResponse } from '../grants/read-grant-response.ts'
import { createSender } from '../grants/sender.ts'
import type { JsonObject } from '../json.ts'
import { secret } from '../secret.ts'
import { authorize } from '../testing/lab-authorization.ts'
import { REDIRECT_URI, startLabFor } from '../testing/lab-client.ts'
import { buildRegistrationRequest, type ClientRegistration, readRegistrationResponse } from './register-client.ts'

const registration: ClientRegistration = {
  client_name: 'Sluice',
  redirect_uris: [REDIRECT_URI],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'client_secret_post',
}

test('a client that registers itself may authorize at once', async (t) => {
  const setup = await startLabFor(t, { standards: ['registration'] })
  const response = await setup.send(buildRegistrationRequest(setup.server, registration))
  const client = readRegistrationResponse(registration, response)
  assert.equal(client.token_endpoint_auth_method, 'client_secret_post')
  assert.equal(client.client_secret_expires_at, null)
  assert.ok(client.registration_access_token)
  assert.ok(!JSON.stringify(client).includes(client.client_secret?.reveal() ?? 'none'))
  const tokens = await authorize(setup, client, createSender(setup.send))
  assert.ok(readGrantResponse(tokens, { now: new Date(), phase: 'authorization_code' }).refresh_token)

  const bad = { ...registration, token_endpoint_auth_method: 'unknown' }
  const refused = await setup.send(buildRegistrationRequest(setup.server, bad))
  const error = refusal(() => readRegistrationResponse(bad, refused))
  assert.deepEqual([error.code, error.provider_error?.error], ['request_failed', 'invalid_client_metadata'])
})

test('an initial access token goes into the header alone', () => {
  const server = { issuer: 'https://as.example.com', registration_endpoint: 'https://as.example.com/register' }
  const request = buildRegistrationRequest(server, registration, { initial_access_token: secret('iat') })
  assert.equal(request.headers.authorization, 'Bearer iat')
  assert.deepEqual(JSON.parse(request.body ?? ''), registration)
  assert.equal(refusal(() => buildRegistrationRequest({ issuer: 'x' }, registration)).code, 'not_offered')
})

test('a registration response gives a usable client or none', () => {
  const read = (reply: JsonObject) =>
    readRegistrationResponse(registration, { status: 201, headers: new Headers(), body: JSON.stringify(reply) })
  assert.equal(read({ client_id: 'c' }).token_endpoint_auth_method, 'none')
  const basic = read({ client_id: 'c', client_secret: 's', client_secret_expires_at: 1767326645 })
  assert.equal(basic.token_endpoint_auth_method, 'client_secret_basic')
  assert.equal(basic.client_secret_expires_at?.toISOString(), '2026-01-02T04:04:05.000Z')
  const field = (reply: JsonObject) => refusal(() => read(reply)).field
  assert.equal(field({}), 'client_id')
  assert.equal(field({ client_id: 'a\r\nb' }), 'client_id')
  assert.equal(field({ client_id: 'c', token_endpoint_auth_method: 'client_secret_basic' }), 'client_secret')
  assert.equal(field({ client_id: 'c', token_endpoint_auth_method: 'magic' }), 'token_endpoint_auth_method')
  for (const redirect_uris of [[], ['https://evil.example.com/'], REDIRECT_URI]) {
    assert.equal(field({ client_id: 'c', redirect_uris }), 'redirect_uris')
  }
})
