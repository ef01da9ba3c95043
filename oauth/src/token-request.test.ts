import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asana, google, hubspot } from './fixtures/flow-specs.ts'
import { build, VALUES } from './fixtures/token-requests.ts'

test('the method defaults to POST, the content type to JSON, and an empty body is null', () => {
  const request = build(asana)
  assert.equal(request.method, 'POST')
  assert.equal(request.body, null)
  assert.deepEqual(request.headers, { accept: 'application/json', 'content-type': 'application/json' })
  assert.equal(build({ ...asana, accessTokenMethod: 'get' }).method, 'GET')
})

test('a content type declared in any case replaces the default', () => {
  const headers = { 'CONTENT-Type': 'application/x-www-form-urlencoded' }
  assert.equal(build({ ...hubspot, accessTokenHeaders: headers }).headers['content-type'], headers['CONTENT-Type'])
})

test('a body that is plainly a form is sent as one although nothing was declared', () => {
  const request = build({ ...google, accessTokenBody: hubspot.accessTokenBody }, { code: 'a&b' })
  assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded')
  assert.equal(new URLSearchParams(request.body ?? '').get('code'), 'a&b')
})

test('parameters of the callback reach templates but never override what the broker gives', () => {
  const spec = {
    ...google,
    accessTokenBody:
      '{"id":"{{{client_id}}}","secret":"{{{client_secret}}}","realm":"{{{realmId}}}","urlencode":"{{#urlencode}}a b{{/urlencode}}","state":"{{{state}}}"}',
  }
  const hostile = {
    realmId: '12"3',
    client_id: 'evil',
    client_secret: 'evil',
    code: 'evil',
    config: 'evil',
    urlencode: 'evil',
    state: 'evil',
  }
  assert.deepEqual(JSON.parse(build(spec, { parameters: hostile }).body ?? ''), {
    id: VALUES.client_id,
    secret: VALUES.client_secret,
    realm: '12"3',
    urlencode: 'a%20b',
    state: '',
  })
})
