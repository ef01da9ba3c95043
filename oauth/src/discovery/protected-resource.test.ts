import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal } from '../fixtures/token-requests.ts'
import { DEVELOPMENT, startLabFor } from '../testing/lab-client.ts'
import { getJson } from './discover-server.ts'
import { buildResourceMetadataRequest, discoverResource, readResourceMetadataResponse } from './protected-resource.ts'

const PUBLIC = { allow_loopback: false, allowed_ports: [] }

test('the 401 of a resource leads to the metadata of its authorization server', async (t) => {
  const { lab, send, server } = await startLabFor(t)
  const url = `${lab.origin}/api/customers?limit=1`
  const challenged = await send(getJson(url))
  assert.equal(challenged.status, 401)
  const found = await discoverResource(send, url, challenged, DEVELOPMENT)
  assert.equal(found.resource.resource, `${lab.origin}/api`)
  assert.deepEqual(found.resource.scopes_supported, ['customers:read', 'orders:read'])
  assert.deepEqual(found.server, server)
  const unchallenged = await discoverResource(send, `${lab.origin}/api`, null, DEVELOPMENT)
  assert.deepEqual(unchallenged, found)
})

test('metadata of another resource is refused, so that nobody gets tokens meant for it', () => {
  const read = (resource: string, url = 'https://api.example.com/v1/items?x=1') => {
    const body = JSON.stringify({ resource, authorization_servers: ['https://as.example.com'] })
    return readResourceMetadataResponse(url, { status: 200, headers: new Headers(), body })
  }
  for (const resource of [
    'https://api.example.com',
    'https://api.example.com/v1',
    'https://api.example.com/v1/items',
  ]) {
    assert.equal(read(resource).resource, resource)
  }
  for (const resource of [
    'https://other.example.com/v1',
    'http://api.example.com/v1',
    'https://api.example.com/v1/it',
    'https://api.example.com/v1/items/7',
    'https://api.example.com/v1?x=2',
    'https://api.example.com#x',
    'urn:x',
  ]) {
    assert.equal(refusal(() => read(resource)).code, 'issuer_mismatch', resource)
  }
  const none = { status: 200, headers: new Headers(), body: '{"resource":"https://api.example.com"}' }
  assert.equal(refusal(() => readResourceMetadataResponse('https://api.example.com', none)).code, 'malformed_response')
})

test('S22 a challenge cannot send us to an address that is not https on the public internet', () => {
  const request = (address: string) => {
    const headers = new Headers({ 'www-authenticate': `Bearer resource_metadata="${address}"` })
    return buildResourceMetadataRequest('https://api.example.com/v1', { headers }, PUBLIC)
  }
  assert.equal(request('https://meta.example.com/x').url, 'https://meta.example.com/x')
  for (const address of ['http://meta.example.com/', 'https://localhost/', 'file:///etc/passwd', '/relative']) {
    assert.equal(refusal(() => request(address)).code, 'refused_url', address)
  }
  const guessed = buildResourceMetadataRequest('https://api.example.com/v1', { headers: new Headers() }, PUBLIC)
  assert.equal(guessed.url, 'https://api.example.com/.well-known/oauth-protected-resource/v1')
})
