import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { google, zendesk } from '../fixtures/flow-specs.ts'
import { build, refusal, VALUES } from '../fixtures/token-requests.ts'
import type { JsonObject } from '../json.ts'

test('S26 a hostile value in a JSON body stays in its string', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('","client_id":"x', '\\', '\n', '\u2028', '{{client_secret}}'),
  )
  fc.assert(
    fc.property(text, text, (client_secret, code) => {
      fc.pre(client_secret.isWellFormed() && code.isWellFormed())
      const { client_id, redirect_uri } = VALUES
      assert.deepEqual(JSON.parse(build(google, { client_secret, code }).body ?? ''), {
        grant_type: 'authorization_code',
        client_id,
        client_secret,
        redirect_uri,
        code,
      })
    }),
  )
})

test('S26 a value without quotes in a JSON body becomes one JSON value', () => {
  const body = (value: JsonObject[string]) =>
    build({ ...zendesk, accessTokenBody: '{"a":{{{config.value}}},"b":1}' }, { config: { subdomain: 'acme', value } })
      .body
  assert.equal(body(3600), '{"a":3600,"b":1}')
  assert.equal(body('3600'), '{"a":3600,"b":1}')
  assert.equal(body(true), '{"a":true,"b":1}')
  assert.equal(body('1,"client_id":"x"'), '{"a":"1,\\"client_id\\":\\"x\\"","b":1}')
  assert.equal(body(['x"', 'y']), '{"a":["x\\"","y"],"b":1}')
  assert.equal(refusal(() => body(null)).field, 'config.value')
})

test('S26 a value used as a JSON member name cannot repeat another member', () => {
  const spec = { ...google, accessTokenBody: '{"client_id":"a","{{{config.name}}}":"b"}' }
  assert.equal(build(spec, { config: { name: 'x"y' } }).body, '{"client_id":"a","x\\"y":"b"}')
  assert.equal(refusal(() => build(spec, { config: { name: 'client_id' } })).field, 'config.name')
  assert.ok(build(spec, { config: { name: '__proto__' } }).body)
})
