import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileFlowPlan } from './compile-flow-plan.ts'
import { airtable, google } from './fixtures/flow-specs.ts'
import { refusal } from './fixtures/token-requests.ts'
import type { JsonObject } from './json.ts'
import { mapCredentials } from './map-credentials.ts'
import { readTokenResponse, type TokenPhase } from './token-response.ts'

const now = new Date('2026-01-02T03:04:05.678Z')

function map(spec: JsonObject, reply: string | JsonObject, phase: TokenPhase = 'authorization_code'): JsonObject {
  const plan = compileFlowPlan(spec)
  const body = typeof reply === 'string' ? reply : JSON.stringify({ access_token: 'at', ...reply })
  const tokens = readTokenResponse(plan, { status: 200, headers: new Headers(), body }, { now, phase })
  return mapCredentials(plan, tokens, { now, phase }).reveal()
}
const mapBy = (accessTokenResponseMap: JsonObject, reply: string | JsonObject, phase?: TokenPhase) =>
  map({ ...google, accessTokenResponseMap }, reply, phase)

test('pointers keep the type, templates give text, bare words and other values are literal', () => {
  const reply = {
    n: 7,
    flag: false,
    nothing: null,
    list: [{ id: 'x' }],
    'a/b': { '~': 1 },
    instance_url: 'https://a/b?c&d',
  }
  assert.deepEqual(
    mapBy(
      {
        n: '/n',
        flag: '/flag',
        nothing: '/nothing',
        missing: '/missing',
        id: '/list/0/id',
        escaped: '/a~1b/~0',
        text: '{{ n }}',
        url: '{{ instance_url }}',
        empty: '{{ missing }}',
        literal: 'access_token',
        number: 5,
      },
      reply,
    ),
    {
      n: 7,
      flag: false,
      nothing: null,
      id: 'x',
      escaped: 1,
      text: '7',
      url: 'https://a/b?c&d',
      empty: '',
      literal: 'access_token',
      number: 5,
    },
  )
})

test('now_plus gives the instant, in milliseconds and UTC', () => {
  assert.deepEqual(map(airtable, { refresh_token: 'rt', expires_in: 3600 }), {
    access_token: 'at',
    refresh_token: 'rt',
    access_token_expires_at: '2026-01-02T04:04:05.678Z',
  })
  assert.equal(map(airtable, { expires_in: '60.9' }).access_token_expires_at, '2026-01-02T03:05:05.678Z')
  assert.equal(map(airtable, { expires_in: -60 }).access_token_expires_at, '2026-01-02T03:03:05.678Z')
})

test('S38 now_plus without a usable number is an error that names the field', () => {
  const replies: JsonObject[] = [
    {},
    { expires_in: '' },
    { expires_in: 'soon' },
    { expires_in: 1e308 },
    { expires_in: '1e3' },
    { expires_in: null },
  ]
  for (const reply of replies) {
    const error = refusal(() => map(airtable, reply))
    assert.deepEqual([error.code, error.field], ['malformed_response', 'access_token_expires_at'])
  }
})

test('without a map the reply is passed through', () => {
  const { accessTokenResponseMap: _map, ...spec } = google
  for (const unmapped of [spec, { ...spec, accessTokenResponseMap: {} }]) {
    assert.deepEqual(map(unmapped, { a: 1, b: null }), { access_token: 'at', a: 1, b: null })
  }
})

test('S32 /__proto__/x and /constructor/prototype/x find nothing and pollute nothing', () => {
  const hostile =
    '{"access_token":"at","__proto__":{"x":"polluted"},"constructor":{"prototype":{"x":"own"}},"list":[1]}'
  const pointers = {
    a: '/__proto__/x',
    b: '/toString',
    c: '/list/length',
    d: '/list/-',
    e: '/list/01',
    f: '/access_token/length',
  }
  assert.deepEqual(mapBy(pointers, hostile), {})
  assert.deepEqual(mapBy({ own: '/constructor/prototype/x' }, hostile), { own: 'own' })
  assert.deepEqual(mapBy({ own: '/constructor/prototype/x' }, '{"access_token":"at"}'), {})
  assert.deepEqual(mapBy({ t: '{{__proto__.x}}{{constructor.name}}' }, hostile), { t: '' })

  const passed = map({ ...google, accessTokenResponseMap: {} }, hostile)
  assert.equal(Object.getPrototypeOf(passed), Object.prototype)
  assert.ok(!Object.hasOwn(passed, '__proto__'))
  const named = mapBy(JSON.parse('{"__proto__":"/access_token"}'), hostile)
  assert.equal(Object.getPrototypeOf(named), Object.prototype)
  assert.equal(({} as JsonObject).x, undefined)
})

test('S40 after a refresh, keys with nothing new are dropped, so merging over the old credentials loses nothing', () => {
  const pointers = { access_token: '/access_token', refresh_token: '/refresh_token', text: '{{{refresh_token}}}' }
  const silent: JsonObject[] = [{}, { refresh_token: '' }, { refresh_token: null }]
  for (const reply of silent) {
    assert.deepEqual(mapBy(pointers, reply, 'refresh_token'), { access_token: 'at' })
  }
  assert.deepEqual(mapBy(pointers, { refresh_token: 'new' }, 'refresh_token'), {
    access_token: 'at',
    refresh_token: 'new',
    text: 'new',
  })
})

test('a refresh has its own map when the spec declares one', () => {
  const spec = { ...google, refreshTokenResponseMap: { token: '/access_token' } }
  assert.deepEqual(map(spec, { refresh_token: 'rt' }, 'refresh_token'), { token: 'at' })
  assert.deepEqual(map(spec, { refresh_token: 'rt' }), { refresh_token: 'rt' })
})

test('values of the reply are never rendered as templates', () => {
  assert.deepEqual(mapBy({ t: '{{{a}}}' }, { a: '{{access_token}}' }), { t: '{{access_token}}' })
})
