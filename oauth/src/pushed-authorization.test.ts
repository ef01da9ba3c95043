import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { startServer } from './fixtures/local-server.ts'
import { refusal, rejection } from './fixtures/token-requests.ts'
import { buildStandardAuthorizationRequest } from './grants/authorization-code.ts'
import type { StandardClient } from './grants/endpoint-request.ts'
import { readGrantResponse } from './grants/read-grant-response.ts'
import { createSender } from './grants/sender.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import { createPkce, createState } from './pkce.ts'
import {
  buildPushedAuthorizationRequest,
  prepareAuthorization,
  readPushedAuthorizationResponse,
} from './pushed-authorization.ts'
import { secret } from './secret.ts'
import { authorize } from './testing/lab-authorization.ts'
import { REDIRECT_URI, serverAt, startLabFor } from './testing/lab-client.ts'

const now = new Date('2026-01-02T03:04:05Z')
const state = createState()
const input = { redirect_uri: REDIRECT_URI, state, code_challenge: createPkce().code_challenge, scope: 'orders:read' }
const client: StandardClient = {
  client_id: 'client-1',
  client_secret: secret('s3cret'),
  token_endpoint_auth_method: 'client_secret_post',
}

test('a server that takes pushed requests alone gets them pushed, and the browser carries a reference', async (t) => {
  const setup = await startLabFor(t, { standards: ['pushed_requests_only'] })
  assert.equal(setup.server.require_pushed_authorization_requests, true)
  const own = setup.addClient()
  const send = createSender(setup.send)
  const { url, expires_at } = await prepareAuthorization(
    send,
    setup.server,
    own,
    buildStandardAuthorizationRequest(setup.server, own, input),
  )
  assert.deepEqual([...new URL(url).searchParams.keys()], ['client_id', 'request_uri'])
  assert.ok(expires_at !== null && expires_at > new Date())
  const response = await authorize(setup, own, send)
  assert.ok(readGrantResponse(response, { now, phase: 'authorization_code' }).refresh_token)
})

test('S53 a request_uri that was used is refused here and there, and a new push works', async (t) => {
  const setup = await startLabFor(t)
  const own = setup.addClient()
  const send = createSender(setup.send)
  const raw = buildStandardAuthorizationRequest(setup.server, own, input)
  const push = async () => {
    const response = await send(() => buildPushedAuthorizationRequest(setup.server, own, raw.url))
    return readPushedAuthorizationResponse(setup.server, own, response, { now: new Date() })
  }
  const pushed = await push()
  const url = pushed.take()
  assert.ok((await consent(url, { decision: 'allow' })).searchParams.has('code'))
  assert.equal(refusal(() => pushed.take()).code, 'request_uri_spent')
  const refused = await consent(url, { decision: 'allow' })
  assert.equal(refused.searchParams.get('error'), 'invalid_request_uri')
  assert.equal(refused.searchParams.has('code'), false)

  const again = (await push()).take()
  assert.notEqual(again, url)
  assert.ok((await consent(again, { decision: 'allow' })).searchParams.has('code'))
})

test('S53 a request_uri that has expired is not given out', () => {
  const server = serverAt('https://as.example.com', { authorization_endpoint: 'https://as.example.com/auth?x=1' })
  const read = (body: unknown, status = 201) => {
    const response = { status, headers: new Headers(), body: JSON.stringify(body) }
    return readPushedAuthorizationResponse(server, client, response, { now })
  }
  const pushed = read({ request_uri: 'urn:ietf:params:oauth:request_uri:a&b', expires_in: 60 })
  const expired = refusal(() => pushed.take(new Date(now.getTime() + 60_000)))
  assert.deepEqual([expired.code, expired.field], ['request_uri_spent', 'request_uri'])
  const url = new URL(pushed.take(new Date(now.getTime() + 59_999)))
  assert.equal(url.searchParams.get('request_uri'), 'urn:ietf:params:oauth:request_uri:a&b')
  assert.equal(url.searchParams.get('x'), '1')

  for (const request_uri of [undefined, '', 7, 'a b', 'x'.repeat(5000)]) {
    assert.equal(refusal(() => read({ request_uri })).field, 'request_uri')
  }
  assert.equal(refusal(() => read({ error: 'invalid_request' }, 400)).code, 'request_failed')
})

test('S53 a push that fails is a failure, never an address with the raw parameters', async (t) => {
  let status = 500
  const local = await startServer(t, (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"error":"invalid_request"}')
  })
  const server = serverAt(local.origin, {
    authorization_endpoint: `${local.origin}/auth`,
    pushed_authorization_request_endpoint: `${local.origin}/par`,
  })
  const send = createSender(createGuardedFetch({ allow_loopback: true }))
  const request = buildStandardAuthorizationRequest(server, client, input)
  assert.equal((await rejection(prepareAuthorization(send, server, client, request))).verdict, 'transient')
  status = 400
  assert.equal((await rejection(prepareAuthorization(send, server, client, request))).code, 'request_failed')
  const sent = new URLSearchParams(local.requests[0]?.body)
  assert.equal(sent.get('state'), state)
  assert.equal(sent.getAll('client_id').length, 1)

  const lost = { ...server, pushed_authorization_request_endpoint: null, require_pushed_authorization_requests: true }
  assert.equal((await rejection(prepareAuthorization(send, lost, client, request))).code, 'not_offered')
  const open = { ...server, pushed_authorization_request_endpoint: null }
  assert.equal((await prepareAuthorization(send, open, client, request)).url, request.url)
  const nested = { url: `${request.url}&request_uri=urn:x` }
  assert.equal((await rejection(prepareAuthorization(send, server, client, nested))).field, 'request_uri')
})
