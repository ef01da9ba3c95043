import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileFlowPlan } from './compile-flow-plan.ts'
import { google, hubspot, intercom } from './fixtures/flow-specs.ts'
import { refusal } from './fixtures/token-requests.ts'
import type { JsonObject } from './json.ts'
import { readTokenResponse, type TokenPhase } from './token-response.ts'

const now = new Date('2026-01-02T03:04:05.678Z')

interface Reply {
  status?: number
  type?: string
  phase?: TokenPhase
  spec?: JsonObject
}

function read(
  body: unknown,
  { status = 200, type = 'application/json', phase = 'authorization_code', spec = hubspot }: Reply = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = { status, headers: new Headers({ 'content-type': type }), body: text }
  return readTokenResponse(compileFlowPlan(spec), response, { now, phase })
}
const fails = (body: unknown, reply: Reply = {}) => {
  const { code, verdict, field } = refusal(() => read(body, reply))
  return { code, verdict, field }
}

test('scopes beyond any size that providers have are left out of what is kept', () => {
  assert.equal(read({ access_token: 'at', scope: 'a '.repeat(8192) }).scope?.length, 16_384)
  assert.equal(read({ access_token: 'at', scope: 'a '.repeat(8193) }).scope, null)
})

test('a token response is read into a token set', () => {
  const reply = {
    access_token: 'at',
    refresh_token: 'rt',
    expires_in: 3600,
    scope: 'a b',
    token_type: 'bearer',
    extra: 1,
  }
  const tokens = read(reply)
  assert.equal(tokens.access_token.reveal(), 'at')
  assert.equal(tokens.refresh_token?.reveal(), 'rt')
  assert.equal(tokens.expires_at?.toISOString(), '2026-01-02T04:04:05.678Z')
  assert.equal(tokens.scope, 'a b')
  assert.equal(tokens.token_type, 'bearer')
  assert.deepEqual(tokens.response.reveal(), reply)
  assert.ok(!/"at"|"rt"/.test(JSON.stringify(tokens)))
})

test('the access token is found where the response map points, else under its RFC name', () => {
  assert.equal(read({ token: 'at' }, { spec: intercom }).access_token.reveal(), 'at')
  assert.equal(read({ access_token: 'at' }, { spec: intercom }).access_token.reveal(), 'at')
  const spec = { ...google, accessTokenResponseMap: { access_token: '/authed_user/access_token' } }
  const slack = { ok: true, access_token: 'bot', authed_user: { access_token: 'user' } }
  assert.equal(read(slack, { spec }).access_token.reveal(), 'user')
})

test('S36 HTML, nothing, an array, a scalar and a deep reply are typed errors', () => {
  const deep = `{"access_token":"at","x":${'['.repeat(200)}${']'.repeat(200)}}`
  for (const body of [
    '<html>Bad gateway</html>',
    '',
    '   ',
    '[]',
    '[{"access_token":"at"}]',
    '"at"',
    '7',
    'null',
    '{',
    deep,
  ]) {
    assert.deepEqual(
      fails(body),
      { code: 'malformed_response', verdict: 'integration_broken', field: null },
      body.slice(0, 20),
    )
  }
  assert.equal(fails({}).field, 'access_token')
  assert.equal(fails({ access_token: '' }).field, 'access_token')
  assert.equal(fails({ access_token: null }).field, 'access_token')
})

test('S36 a byte order mark and a wrong content type are tolerated, a form is read where the reply says so', () => {
  assert.equal(read('\uFEFF{"access_token":"at"}').access_token.reveal(), 'at')
  assert.equal(read('{"access_token":"at"}', { type: 'text/html' }).access_token.reveal(), 'at')
  const form = read('access_token=a%2Bt&expires_in=60&scope=a+b', {
    type: 'application/x-www-form-urlencoded; charset=utf-8',
  })
  assert.equal(form.access_token.reveal(), 'a+t')
  assert.equal(form.expires_at?.toISOString(), '2026-01-02T03:05:05.678Z')
  assert.equal(form.scope, 'a b')
  assert.equal(fails('access_token=at', { type: 'text/html' }).code, 'malformed_response')
  assert.equal(
    fails('access_token=a&access_token=b', { type: 'application/x-www-form-urlencoded' }).code,
    'malformed_response',
  )
})

test('S37 a 200 that says ok:false or carries an error is a failure', () => {
  for (const body of [
    { ok: false, error: 'invalid_code' },
    { ok: false, access_token: 'at' },
    { error: 'bad_refresh_token' },
    { error: { message: 'no' } },
  ]) {
    const error = refusal(() => read(body))
    assert.deepEqual([error.code, error.verdict], ['token_request_failed', 'integration_broken'])
    assert.equal(error.provider_error?.status, 200)
  }
  assert.equal(refusal(() => read({ error: 'bad_refresh_token' })).provider_error?.error, 'bad_refresh_token')
  assert.ok(read({ ok: true, error: null, access_token: 'at' }))
  assert.notEqual(fails({ error: 'invalid_grant' }).verdict, 'reauthorize')
})

test('S38 expires_in missing, as text, zero, negative, fractional and absurd follow one policy', () => {
  const expiry = (reply: JsonObject) => read({ access_token: 'at', ...reply }).expires_at?.toISOString() ?? null
  const inAnHour = '2026-01-02T04:04:05.678Z'
  assert.equal(expiry({}), null)
  assert.equal(expiry({ expires_in: '3600' }), inAnHour)
  assert.equal(expiry({ expires_in: 3600.9 }), inAnHour)
  for (const expires_in of [0, -1, '0', 1e308, -1e308, 'soon', '', true, {}, []])
    assert.equal(expiry({ expires_in }), null)
  assert.equal(expiry({ expires_at: 1767326645 }), '2026-01-02T04:04:05.000Z')
  assert.equal(expiry({ expires_at: 1767326645678 }), inAnHour)
  assert.equal(expiry({ expires_at: inAnHour }), inAnHour)
  for (const expires_at of [0, -1, 'x', 1e308]) assert.equal(expiry({ expires_at }), null)
})

test('S39 a token that is no text, holds CR or LF, or has 64 kB is refused without showing it', () => {
  for (const token of [7, true, { a: 1 }, ['x'], 'a\r\nb', 'a\0', 'é', 'x'.repeat(65_536)]) {
    for (const field of ['access_token', 'refresh_token']) {
      const error = refusal(() => read({ access_token: 'at', [field]: token }))
      assert.deepEqual([error.code, error.field], ['malformed_response', field])
      assert.ok(error.message.length < 100)
    }
  }
})

test('S40 an omitted or empty refresh token is null, so that the old one is kept', () => {
  for (const reply of [{}, { refresh_token: '' }, { refresh_token: null }]) {
    assert.equal(read({ access_token: 'at', ...reply }, { phase: 'refresh_token' }).refresh_token, null)
  }
})

test('S41 5xx, 429 and 408 are transient even with an invalid_grant body', () => {
  for (const status of [500, 502, 503, 504, 429, 408]) {
    assert.deepEqual(fails({ error: 'invalid_grant' }, { status }), {
      code: 'token_request_failed',
      verdict: 'transient',
      field: null,
    })
    assert.equal(fails('<html>', { status }).verdict, 'transient')
  }
  assert.equal(fails({ error: 'temporarily_unavailable' }, { status: 400 }).verdict, 'transient')
})

test("S41 only invalid_grant from a 4xx sends the person back; a refused client is the integration's fault", () => {
  const verdict = (error: unknown, status: number) => {
    const failure = fails({ error }, { status, phase: 'refresh_token' })
    return [failure.code, failure.verdict]
  }
  assert.deepEqual(verdict('invalid_grant', 400), ['invalid_grant', 'reauthorize'])
  assert.deepEqual(verdict('invalid_grant', 401), ['invalid_grant', 'reauthorize'])
  assert.deepEqual(verdict('invalid_client', 401), ['invalid_client', 'integration_broken'])
  assert.deepEqual(verdict('unauthorized_client', 400), ['invalid_client', 'integration_broken'])
  for (const error of ['invalid_request', 'invalid_scope', 'x', null]) {
    assert.deepEqual(verdict(error, 400), ['token_request_failed', 'integration_broken'])
  }
  assert.deepEqual(fails('<html>', { status: 403 }).verdict, 'integration_broken')
})

test("S50 the provider's words come stripped of control characters, nested errors included", () => {
  const error = refusal(() => read({ error: 'x\u001b[2J', error_description: 'a\r\nb' }, { status: 400 }))
  assert.deepEqual(error.provider_error, { status: 400, error: 'x', error_description: 'a b' })
  const nested = refusal(() =>
    read({ error: { type: 'OAuthException', message: 'gone\n', code: 190 } }, { status: 400 }),
  )
  assert.deepEqual(nested.provider_error, { status: 400, error: 'OAuthException', error_description: 'gone' })
})

test('an error never holds the reply', () => {
  const error = refusal(() => read({ error: 'x', access_token: 'canary-1' }, { status: 400 }))
  assert.ok(!JSON.stringify([error, error.message, error.stack, error.cause]).includes('canary-1'))
})

test('S42 the ID token of a reply is never taken as proof of anything', () => {
  const tokens = read({ access_token: 'at', id_token: 'a.b.c' })
  assert.deepEqual(Object.keys(tokens), [
    'access_token',
    'refresh_token',
    'expires_at',
    'scope',
    'token_type',
    'response',
  ])
})
