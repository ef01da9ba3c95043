import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ExpectedAuthorization, readAuthorizationResponse } from './authorization-response.ts'
import { compileFlowPlan } from './compile-flow-plan.ts'
import { google } from './fixtures/flow-specs.ts'
import { refusal } from './fixtures/token-requests.ts'
import { createState } from './pkce.ts'

const plan = compileFlowPlan(google)
const state = createState()
const issuer = 'https://provider.example.com'
const read = (query: string | Record<string, string>, expected: ExpectedAuthorization = { state }) =>
  readAuthorizationResponse(plan, new URLSearchParams(query), expected)

test('the code and the further parameters of an authorization response are read', () => {
  const response = read({ code: 'abc', state, realmId: '7', scope: 'a b' })
  assert.equal(response.code.reveal(), 'abc')
  assert.deepEqual(response.parameters, { realmId: '7', scope: 'a b' })
  assert.deepEqual(response.ignored, [])
})

test('S4 a flipped bit, a missing state and an empty expectation are refused', () => {
  const flipped = `${state.slice(0, -1)}${state.endsWith('A') ? 'B' : 'A'}`
  for (const query of [`code=a&state=${flipped}`, 'code=a', 'code=a&state=', `code=a&state=${state}=`]) {
    assert.equal(refusal(() => read(query)).code, 'state_mismatch')
  }
  assert.equal(refusal(() => read({ code: 'a', state: '' }, { state: '' })).code, 'state_mismatch')
})

test('S4 a duplicated parameter and 10 kB are refused', () => {
  for (const query of [
    `code=a&state=${state}&state=${state}`,
    `code=a&code=b&state=${state}`,
    `code=a&state=${state}&x=1&x=2`,
  ]) {
    assert.equal(refusal(() => read(query)).code, 'malformed_response')
  }
  assert.equal(refusal(() => read({ code: 'a'.repeat(10_000), state })).code, 'malformed_response')
  assert.equal(refusal(() => read({ code: 'a', state: 's'.repeat(10_000) })).code, 'malformed_response')
})

test('S9 a wrong iss, one with a trailing slash, and a missing one are refused, also with error=', () => {
  const expected = { state, issuer }
  assert.ok(read({ code: 'a', state, iss: issuer }, expected))
  for (const iss of ['https://evil.example.com', `${issuer}/`, '']) {
    assert.equal(refusal(() => read({ code: 'a', state, iss }, expected)).code, 'issuer_mismatch')
    assert.equal(refusal(() => read({ error: 'access_denied', state, iss }, expected)).code, 'issuer_mismatch')
  }
  assert.equal(refusal(() => read({ code: 'a', state }, expected)).code, 'issuer_mismatch')
  assert.equal(refusal(() => read({ error: 'access_denied', state }, expected)).code, 'issuer_mismatch')
})

test('S9 metadata that advertises iss makes it required, and without it a wrong one is refused still', () => {
  const promised = { state, server: { issuer, authorization_response_iss_parameter_supported: true } }
  const silent = { state, server: { issuer } }
  for (const expected of [promised, silent]) {
    assert.ok(read({ code: 'a', state, iss: issuer }, expected))
    for (const iss of ['https://evil.example.com', `${issuer}/`, '']) {
      assert.equal(refusal(() => read({ code: 'a', state, iss }, expected)).code, 'issuer_mismatch')
      assert.equal(refusal(() => read({ error: 'access_denied', state, iss }, expected)).code, 'issuer_mismatch')
    }
  }
  assert.ok(read({ code: 'a', state }, silent))
  assert.equal(refusal(() => read({ code: 'a', state }, promised)).code, 'issuer_mismatch')
  assert.equal(refusal(() => read({ error: 'access_denied', state }, promised)).code, 'issuer_mismatch')
})

test('S11 an access_token in the callback is ignored and flagged', () => {
  const response = read({ code: 'abc', state, access_token: 'planted', id_token: 'x', token_type: 'bearer' })
  assert.deepEqual(response.ignored, ['access_token', 'id_token', 'token_type'])
  assert.deepEqual(response.parameters, {})
  assert.equal(refusal(() => read({ state, access_token: 'planted' })).code, 'malformed_response')
})

test('consent denied and other errors have their codes and verdicts', () => {
  const denied = refusal(() => read({ error: 'access_denied', error_description: 'No.', state }))
  assert.deepEqual([denied.code, denied.verdict], ['access_denied', null])
  assert.deepEqual(denied.provider_error, { status: 0, error: 'access_denied', error_description: 'No.' })
  const verdict = (error: string) => {
    const refused = refusal(() => read({ error, state }))
    assert.equal(refused.code, 'authorization_failed')
    return refused.verdict
  }
  assert.equal(verdict('temporarily_unavailable'), 'transient')
  assert.equal(verdict('invalid_scope'), 'integration_broken')
  assert.equal(verdict('consent_required'), null)
})

test('an error is believed only with the right state', () => {
  assert.equal(refusal(() => read({ error: 'access_denied', state: 'x' })).code, 'state_mismatch')
})

test('S17 error_description=<script> stays plain text for whoever shows it', () => {
  const words = '<script>alert(1)</script>'
  const error = refusal(() => read({ error: 'server_error', error_description: words, state }))
  assert.equal(error.provider_error?.error_description, words)
  assert.ok(!error.message.includes('<'))
})

test("S50 terminal sequences, newlines and direction marks in the provider's words are gone", () => {
  const error_description = '\u001b[31mred\u001b[0m\r\nline two\u0000\u202eevil\u2028\u0085'
  const error = refusal(() => read({ error: 'x\ny\u001b]0;title\u0007', error_description, state }))
  assert.equal(error.provider_error?.error_description, 'red line two evil')
  assert.equal(error.provider_error?.error, 'x y')
  assert.match(error.message, /^[\x20-\x7e]*$/)
  const long = refusal(() => read({ error: 'x', error_description: 'a'.repeat(5000), state }))
  assert.equal(long.provider_error?.error_description?.length, 500)
})
