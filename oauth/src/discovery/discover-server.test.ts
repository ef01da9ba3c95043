import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startServer } from '../fixtures/local-server.ts'
import { refusal, rejection } from '../fixtures/token-requests.ts'
import { createGuardedFetch } from '../guarded-fetch.ts'
import type { JsonValue } from '../json.ts'
import { DEVELOPMENT, startLabFor } from '../testing/lab-client.ts'
import { buildMetadataRequests, discoverServer, readMetadataResponse } from './discover-server.ts'

const PUBLIC = { allow_loopback: false, allowed_ports: [] }
const issuer = 'https://as.example.com'
const read = (metadata: unknown, status = 200) =>
  readMetadataResponse(issuer, { status, headers: new Headers(), body: JSON.stringify(metadata) }, PUBLIC)

test("the lab's metadata is found from its issuer identifier", async (t) => {
  const { lab, server } = await startLabFor(t)
  assert.equal(server.issuer, lab.origin)
  assert.equal(server.token_endpoint, `${lab.origin}/token`)
  assert.equal(server.authorization_response_iss_parameter_supported, true)
})

test('an issuer with a path is asked for at the three places that the standards name', () => {
  const urls = (of: string) => buildMetadataRequests(of, PUBLIC).map(({ method, url }) => `${method} ${url}`)
  assert.deepEqual(urls(`${issuer}/tenant/1`), [
    `GET ${issuer}/.well-known/oauth-authorization-server/tenant/1`,
    `GET ${issuer}/.well-known/openid-configuration/tenant/1`,
    `GET ${issuer}/tenant/1/.well-known/openid-configuration`,
  ])
  assert.deepEqual(urls(issuer), [
    `GET ${issuer}/.well-known/oauth-authorization-server`,
    `GET ${issuer}/.well-known/openid-configuration`,
  ])
})

test('a place without metadata leads to the next one, wrong metadata or a server in trouble to none', async (t) => {
  const replies: Record<string, [number, JsonValue]> = {}
  const local = await startServer(t, (request, response) => {
    const [status, body] = replies[request.url ?? ''] ?? [404, {}]
    response.writeHead(status, { location: '/login' }).end(JSON.stringify(body))
  })
  const send = createGuardedFetch(DEVELOPMENT)
  const discover = () => discoverServer(send, local.origin, DEVELOPMENT)
  assert.equal((await rejection(discover())).code, 'request_failed')

  replies['/.well-known/openid-configuration'] = [200, { issuer: local.origin, token_endpoint: `${local.origin}/t` }]
  assert.equal((await discover()).token_endpoint, `${local.origin}/t`)
  for (const absent of [
    [302, {}],
    [200, '<html>'],
    [403, {}],
  ] satisfies [number, JsonValue][]) {
    replies['/.well-known/oauth-authorization-server'] = absent
    assert.equal((await discover()).token_endpoint, `${local.origin}/t`)
  }
  replies['/.well-known/oauth-authorization-server'] = [200, { issuer: 'http://localhost:1' }]
  assert.equal((await rejection(discover())).code, 'issuer_mismatch')
  replies['/.well-known/oauth-authorization-server'] = [503, {}]
  assert.equal((await rejection(discover())).verdict, 'transient')
})

test('S9 metadata that names another issuer is refused, a trailing slash included', () => {
  assert.equal(read({ issuer }).issuer, issuer)
  for (const other of [`${issuer}/`, 'https://AS.example.com', 'http://as.example.com', 'https://evil.example.com']) {
    assert.equal(refusal(() => read({ issuer: other })).code, 'issuer_mismatch', other)
  }
  for (const bad of [{}, { issuer: 7 }, { issuer: '' }]) {
    const error = refusal(() => read(bad))
    assert.deepEqual([error.code, error.field], ['malformed_response', 'issuer'])
  }
})

test('S22 metadata cannot name an endpoint that we would not call or send a browser to', () => {
  for (const endpoint of [
    'http://as.example.com/',
    'javascript:alert(1)',
    'https://a@b.example.com/',
    'https://127.0.0.1/',
  ]) {
    for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'registration_endpoint']) {
      assert.equal(refusal(() => read({ issuer, [name]: endpoint })).code, 'refused_url', endpoint)
    }
    const aliases = { mtls_endpoint_aliases: { token_endpoint: endpoint } }
    assert.equal(refusal(() => read({ issuer, ...aliases })).code, 'refused_url')
  }
  assert.equal(refusal(() => read({ issuer, token_endpoint: '/token' })).code, 'malformed_response')
  for (const bad of [
    'http://as.example.com',
    'https://as.example.com?x',
    'https://as.example.com#x',
    'as.example.com',
  ]) {
    assert.equal(refusal(() => buildMetadataRequests(bad, PUBLIC)).code, 'refused_url', bad)
  }
})

test('nonsense about abilities does not cost the endpoints', () => {
  const server = read({ issuer, token_endpoint: `${issuer}/t`, scopes_supported: 'a b', grant_types_supported: [1] })
  assert.deepEqual(
    [server.token_endpoint, server.scopes_supported, server.grant_types_supported],
    [`${issuer}/t`, null, null],
  )
})
