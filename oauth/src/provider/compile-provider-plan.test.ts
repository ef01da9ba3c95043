import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAuthorizationRequest } from '../authorization-request.ts'
import { readAuthorizationResponse } from '../authorization-response.ts'
import { OAuthError } from '../errors.ts'
import { buildFollowUpRequest } from '../follow-up.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { mapCredentials } from '../map-credentials.ts'
import { buildRefreshRequest } from '../refresh-request.ts'
import { secret } from '../secret.ts'
import { buildTokenRequest } from '../token-request.ts'
import { readTokenResponse } from '../token-response.ts'
import { compileProviderPlan } from './compile-provider-plan.ts'

const now = new Date('2026-01-02T03:04:05.000Z')
const acme: JsonObject = {
  provider: 'acme',
  config: { region: { title: 'Region', optional: true } },
  authorization: { url: 'https://acme.example.com/authorize', pkce: 'unsupported' },
  token: { url: 'https://acme.example.com/token' },
  grants: { authorization_code: {}, refresh_token: {} },
}
const plan = (changes: JsonObject = {}) => compileProviderPlan(merge(acme, changes))
const client = { client_id: 'client', client_secret: secret('s3cret'), config: {}, now }
const code = { ...client, code: secret('c'), redirect_uri: 'https://sluice.example.com/cb' }

/** Null takes a field away. */
function merge(base: JsonObject, changes: JsonObject): JsonObject {
  const merged = { ...base }
  for (const [key, value] of Object.entries(changes)) {
    const before = base[key]
    if (value === null) delete merged[key]
    else merged[key] = isJsonObject(before) && isJsonObject(value) ? merge(before, value) : value
  }
  return merged
}

function findings(changes: JsonObject): string[] {
  try {
    plan(changes)
  } catch (error) {
    assert.ok(error instanceof OAuthError)
    return error.findings.map(({ pointer, rule }) => `${pointer} ${rule}`)
  }
  return []
}

function refused(attempt: () => unknown): OAuthError {
  try {
    attempt()
  } catch (error) {
    assert.ok(error instanceof OAuthError)
    return error
  }
  throw new assert.AssertionError({ message: 'nothing was refused' })
}

test('a word outside the vocabulary is refused at its place, and everything wrong is told at once', () => {
  assert.deepEqual(findings({ token: { colour: 'red', body: 'xml' }, grants: { implicit: {} } }), [
    '/token/body invalid_value',
    '/token unrecognized_keys',
    '/grants unrecognized_keys',
  ])
})

test('S31 a placeholder that nothing declares is refused, the client secret in the authorization request above all', () => {
  assert.deepEqual(
    findings({
      authorization: { parameters: { a: '{{client_secret}}' } },
      token: { url: 'https://{{config.store}}.example.com/token', headers: { 'x-tenant': '{{captured.tenant}}' } },
    }),
    [
      '/token/headers/x-tenant unknown_variable',
      '/token/url unknown_variable',
      '/authorization/parameters/a unknown_variable',
    ],
  )
})

test('S21 a host from a value must be pinned by a suffix or by hosts', () => {
  const url = 'https://{{config.region}}/token'
  assert.deepEqual(findings({ token: { url } }), ['/token/url host_open'])
  const pinned = plan({ token: { url }, hosts: ['.acme.example'] })
  const build = (region: string) => buildTokenRequest(pinned, { ...code, config: { region } }).url
  assert.equal(build('eu.acme.example'), 'https://eu.acme.example/token')
  for (const region of ['evil.com', 'evil.com/#', 'a@evil.com', 'xacme.example', 'acme.example.evil.com']) {
    assert.equal(refused(() => build(region)).field, 'config.region')
  }
})

test('S29 a second client authentication beside HTTP Basic is refused', () => {
  const token = { client_authentication: 'client_secret_basic', parameters: { secret: '{{client_secret}}' } }
  assert.deepEqual(findings({ token, grants: { refresh_token: null } }), [
    '/token/client_authentication client_authentication_twice',
  ])
  const headers = { Authorization: 'Bearer {{client_id}}' }
  assert.deepEqual(findings({ token: { client_authentication: 'client_secret_basic', headers } }), [
    '/token/client_authentication client_authentication_twice',
  ])
})

test('a query or fragment in an address, and a header of the HTTP client, are refused', () => {
  const authorization = { url: 'https://acme.example.com/authorize?x=1' }
  assert.deepEqual(findings({ authorization, api: { base_url: 'https://acme.example.com', headers: { Host: 'x' } } }), [
    '/authorization/url url_query',
    '/api/headers/Host header_reserved',
  ])
})

test('the first alternative whose placeholders have values is taken; without one, the placeholder is named', () => {
  const url = 'https://api.{{config.region}}.example.com/token || https://api.example.com/token'
  const build = (changes: JsonObject, config: JsonObject) =>
    buildTokenRequest(plan({ token: { url, ...changes } }), { ...code, config })
  assert.equal(build({}, { region: 'eu' }).url, 'https://api.eu.example.com/token')
  assert.equal(build({}, {}).url, 'https://api.example.com/token')
  assert.equal(build({}, { region: '' }).url, 'https://api.example.com/token')
  const error = refused(() => build({ parameters: { region: '{{config.region}}' } }, {}))
  assert.deepEqual([error.code, error.field], ['refused_value', 'config.region'])
})

test('a parameter with an empty last alternative is left out when there is no value', () => {
  const parameters = { region: '{{config.region}} || ' }
  const { body } = buildTokenRequest(plan({ token: { parameters } }), code)
  assert.ok(!new URLSearchParams(body ?? '').has('region'))
})

test('S26 S27 values are encoded by the type of the body, whatever they hold', () => {
  const hostile = `a","client_id":"x&b=c%\\ \u2028+é`
  for (const body of ['form', 'json', 'query']) {
    const request = buildTokenRequest(plan({ token: { body } }), { ...code, code: secret(hostile) })
    const sent =
      body === 'json'
        ? JSON.parse(request.body ?? '')
        : Object.fromEntries(
            body === 'form' ? new URLSearchParams(request.body ?? '') : new URL(request.url).searchParams,
          )
    assert.deepEqual(sent, {
      grant_type: 'authorization_code',
      code: hostile,
      redirect_uri: code.redirect_uri,
      client_id: 'client',
      client_secret: 's3cret',
    })
  }
})

test('a grant that the provider does not have is refused by name', () => {
  const single = plan({ grants: { authorization_code: null, refresh_token: null, client_credentials: {} } })
  const input = { client_id: 'c', redirect_uri: 'https://a.example/cb', state: 's', config: {} }
  assert.equal(refused(() => buildAuthorizationRequest(single, input)).field, 'authorization_code')
  const withoutRefresh = plan({ grants: { refresh_token: null } })
  const error = refused(() => buildRefreshRequest(withoutRefresh, { ...client, refresh_token: secret('rt') }))
  assert.deepEqual([error.code, error.verdict], ['invalid_grant', 'reauthorize'])
})

test('a host learned from a response is kept only when hosts names it', () => {
  const capture = { api: { from: 'server', format: 'host' } }
  const learning = plan({ hosts: ['.acme.example'], authorization: { response: { capture } } })
  const read = (server: string) =>
    readAuthorizationResponse(learning, new URLSearchParams({ code: 'c', state: 's', server }), { state: 's' }).captured
  assert.deepEqual(read('https://eu.acme.example/x'), { api: 'eu.acme.example' })
  assert.deepEqual(read('nothing like an address'), {})
  for (const server of [
    'https://evil.example',
    'http://eu.acme.example',
    'https://a@eu.acme.example',
    'https://eu.acme.example:8443',
  ]) {
    assert.equal(refused(() => read(server)).code, 'refused_url')
  }
})

test('the lifetime comes in the declared unit, from the declared place, or from the declared default', () => {
  const lifetime = (response: JsonObject, reply: JsonObject) => {
    const body = JSON.stringify({ access_token: 'at', ...reply })
    const context = { now, phase: 'authorization_code' } as const
    const { expires_at } = readTokenResponse(
      plan({ token: { response } }),
      { status: 200, headers: new Headers(), body },
      context,
    )
    return expires_at && (expires_at.getTime() - now.getTime()) / 1000
  }
  assert.equal(lifetime({ expires_in_unit: 'minutes' }, { expires_in: 30 }), 1800)
  assert.equal(lifetime({ expires_in_unit: 'milliseconds' }, { expires_in: '3600000' }), 3600)
  assert.equal(lifetime({ expires_in: '/life/left' }, { expires_in: 1, life: { left: 60 } }), 60)
  assert.equal(lifetime({ expires_at: '/until' }, { until: now.getTime() + 5000 }), 5)
  assert.equal(lifetime({ default_lifetime: 900 }, {}), 900)
  assert.equal(lifetime({ default_lifetime: 900 }, { expires_in: 60 }), 60)
  assert.equal(lifetime({ default_lifetime: 900 }, { expires_in: 0 }), null)
  assert.equal(lifetime({}, {}), null)
})

test('where the declaration points is where the token is, not under its usual name', () => {
  const pointed = plan({ token: { response: { access_token: '/data/token' } } })
  const body = JSON.stringify({ access_token: 'decoy' })
  const response = { status: 200, headers: new Headers(), body }
  const error = refused(() => readTokenResponse(pointed, response, { now, phase: 'authorization_code' }))
  assert.deepEqual([error.code, error.field], ['malformed_response', 'access_token'])
})

test('S37 the declared predicate judges a 200, and the declared code gives its verdict, but never over a 5xx', () => {
  const response = {
    success: { pointer: '/code', equals: 0 },
    error: { code: '/code', description: '/message' },
    verdicts: { '40105': 'reauthorize' },
  }
  const read = (reply: JsonObject, status = 200) =>
    readTokenResponse(
      plan({ token: { response } }),
      { status, headers: new Headers(), body: JSON.stringify(reply) },
      { now, phase: 'refresh_token' },
    )
  assert.equal(read({ code: 0, error: 'not an error here', access_token: 'at' }).access_token.reveal(), 'at')
  const dead = refused(() => read({ code: 40105, message: 'gone', access_token: 'at' }))
  assert.deepEqual(
    [dead.code, dead.verdict, dead.provider_error?.error_description],
    ['invalid_grant', 'reauthorize', 'gone'],
  )
  assert.equal(refused(() => read({ code: 1 })).verdict, 'integration_broken')
  assert.equal(refused(() => read({ code: 40105 }, 503)).verdict, 'transient')
})

test('credentials carry the tokens, their expiry, further tokens and what was captured', () => {
  const response = {
    capture: { team: { from: '/team/id' } },
    tokens: { user: { access_token: '/user/token' }, bot: { access_token: '/bot/token' } },
  }
  const named = plan({ token: { response } })
  const body = JSON.stringify({ access_token: 'at', expires_in: 60, team: { id: 7 }, user: { token: 'ut' } })
  const tokens = readTokenResponse(
    named,
    { status: 200, headers: new Headers(), body },
    { now, phase: 'authorization_code' },
  )
  assert.deepEqual(mapCredentials(named, tokens, { now, phase: 'authorization_code' }).reveal(), {
    access_token: 'at',
    access_token_expires_at: '2026-01-02T03:05:05.000Z',
    user_access_token: 'ut',
    team: 7,
  })
})

test('an assertion authenticates the client where it is declared, and is asked for by name', () => {
  const asserted = plan({ token: { client_authentication: 'private_key_jwt' } })
  const form = new URLSearchParams(
    buildTokenRequest(asserted, { ...code, client_assertion: secret('h.c.s') }).body ?? '',
  )
  assert.equal(form.get('client_assertion'), 'h.c.s')
  assert.ok(!form.has('client_secret'))
  assert.equal(refused(() => buildTokenRequest(asserted, code)).field, 'client_assertion')
})

test('a follow-up reads the token before it, and a missing access token names nothing secret', () => {
  const step = {
    name: 'long',
    url: 'https://acme.example.com/long',
    gives_token: true,
    parameters: { t: '{{access_token}}' },
  }
  const stepped = plan({ grants: { authorization_code: { follow_up: [step] } } })
  const body = JSON.stringify({ access_token: 'short' })
  const tokens = readTokenResponse(
    stepped,
    { status: 200, headers: new Headers(), body },
    { now, phase: 'authorization_code' },
  )
  const [first] = stepped.behaviour.follow_ups
  assert.ok(first)
  const request = buildFollowUpRequest(stepped, first, { ...client, tokens })
  assert.deepEqual([request.method, request.url, request.body], ['GET', 'https://acme.example.com/long?t=short', null])
})
