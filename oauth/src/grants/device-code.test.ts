import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enterUserCode } from '@sluice/lab'
import { OAuthError } from '../errors.ts'
import { refusal, rejection } from '../fixtures/token-requests.ts'
import { secret } from '../secret.ts'
import { DEVELOPMENT, serverAt, startLabFor } from '../testing/lab-client.ts'
import type { TokenEndpointResponse } from '../token-response.ts'
import {
  buildDeviceAuthorizationRequest,
  type DeviceAuthorization,
  readDeviceAuthorizationResponse,
} from './device-authorization.ts'
import { pollDeviceToken, readDeviceTokenResponse } from './device-code.ts'
import type { StandardClient } from './endpoint-request.ts'
import { createSender } from './sender.ts'

const now = new Date('2026-01-02T03:04:05Z')
const DEVICE = { grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'], response_types: [] }
const reply = (status: number, body: unknown, headers: Record<string, string> = {}): TokenEndpointResponse => ({
  status,
  headers: new Headers(headers),
  body: JSON.stringify(body),
})

for (const decision of ['allow', 'deny'] as const) {
  test(`a person who enters the code and chooses ${decision} ends the waiting`, async (t) => {
    const { send, server, addClient } = await startLabFor(t, { standards: ['device_code'] })
    const client = addClient(DEVICE)
    const scope = 'orders:read offline_access'
    const response = await send(await buildDeviceAuthorizationRequest(server, client, { scope }))
    const device = readDeviceAuthorizationResponse(response, { now: new Date(), policy: DEVELOPMENT })
    assert.ok(device.verification_uri_complete?.includes(device.user_code))

    const waits: number[] = []
    const tokens = pollDeviceToken(server, client, device, {
      send: createSender(send),
      clock: () => new Date(),
      wait: async (milliseconds) => {
        waits.push(milliseconds)
        if (waits.length === 2) await enterUserCode(device.verification_uri, device.user_code, { decision })
      },
    })
    if (decision === 'allow') {
      const granted = await tokens
      assert.equal(granted.scope, scope)
      assert.ok(granted.refresh_token)
    } else {
      assert.equal((await rejection(tokens)).code, 'access_denied')
    }
    assert.deepEqual(waits, [5000, 5000])
  })
}

test('a device authorization response is read, Google spelling and missing interval included', () => {
  const read = (body: unknown) =>
    readDeviceAuthorizationResponse(reply(200, body), { now, policy: { allow_loopback: false, allowed_ports: [] } })
  const device = read({
    device_code: 'dc',
    user_code: 'ABCD-EFGH',
    verification_url: 'https://as.example.com/device',
    expires_in: 600,
  })
  assert.equal(device.device_code.reveal(), 'dc')
  assert.equal(device.verification_uri, 'https://as.example.com/device')
  assert.equal(device.interval, 5)
  assert.equal(device.expires_at.toISOString(), '2026-01-02T03:14:05.000Z')

  const good = { device_code: 'dc', user_code: 'u', verification_uri: 'https://as.example.com/d', expires_in: 600 }
  for (const field of ['device_code', 'user_code', 'verification_uri']) {
    for (const value of [undefined, '', 7, 'a\nb']) {
      const error = refusal(() => read({ ...good, [field]: value }))
      assert.deepEqual([error.code, error.field], ['malformed_response', field])
    }
  }
  for (const verification_uri of ['javascript:alert(1)', 'http://as.example.com/d', 'https://a@as.example.com/']) {
    assert.equal(refusal(() => read({ ...good, verification_uri })).code, 'refused_url')
  }
})

test('every answer while waiting has its meaning', () => {
  const read = (response: TokenEndpointResponse) => readDeviceTokenResponse(response, { now, interval: 5 })
  const waiting = (response: TokenEndpointResponse) => {
    const result = read(response)
    return result.status === 'pending' ? result.interval : null
  }
  assert.equal(waiting(reply(400, { error: 'authorization_pending' })), 5)
  assert.equal(waiting(reply(428, { error: 'authorization_pending' })), 5)
  assert.equal(waiting(reply(400, { error: 'slow_down' })), 10)
  assert.equal(waiting(reply(429, { error: 'slow_down' })), 10)
  assert.equal(waiting(reply(503, {})), 10)
  assert.equal(waiting(reply(503, {}, { 'retry-after': '60' })), 60)
  assert.equal(waiting(reply(429, {}, { 'retry-after': 'Fri, 02 Jan 2026 03:05:05 GMT' })), 60)
  assert.equal(waiting(reply(200, { error: 'authorization_pending' })), 5) // GitHub
  assert.equal(waiting(reply(200, { access_token: 'at' })), null)

  const code = (error: string, status = 400) => refusal(() => read(reply(status, { error }))).code
  assert.equal(code('expired_token'), 'expired_token')
  assert.equal(code('access_denied'), 'access_denied')
  assert.equal(code('authorization_declined'), 'access_denied')
  assert.equal(code('invalid_grant'), 'invalid_grant')
  assert.equal(code('invalid_client', 401), 'invalid_client')
  assert.equal(refusal(() => read(reply(200, {}))).code, 'malformed_response')
})

test('polling keeps the pace that it is told, survives a lost answer, and stops when the code is over', async () => {
  const client: StandardClient = { client_id: 'c', token_endpoint_auth_method: 'none' }
  const device: DeviceAuthorization = {
    device_code: secret('dc'),
    user_code: 'u',
    verification_uri: 'https://as.example.com/d',
    verification_uri_complete: null,
    expires_at: new Date(now.getTime() + 100_000),
    interval: 5,
  }
  const answers: (() => TokenEndpointResponse)[] = [
    () => reply(400, { error: 'slow_down' }),
    () => {
      throw new OAuthError('timeout', 'as.example.com did not answer within 1 ms.', { verdict: 'transient' })
    },
    () => reply(400, { error: 'authorization_pending' }),
  ]
  let time = now.getTime()
  const waits: number[] = []
  const polling = pollDeviceToken(serverAt('https://as.example.com'), client, device, {
    send: async (build) => {
      const form = new URLSearchParams((await build()).body ?? '')
      assert.equal(form.get('device_code'), 'dc')
      return (answers.shift() ?? (() => reply(400, { error: 'authorization_pending' })))()
    },
    clock: () => new Date(time),
    wait: async (milliseconds) => {
      waits.push(milliseconds / 1000)
      time += milliseconds
    },
  })
  assert.equal((await rejection(polling)).code, 'expired_token')
  assert.deepEqual(waits, [5, 10, 20, 20, 20, 20])
})
