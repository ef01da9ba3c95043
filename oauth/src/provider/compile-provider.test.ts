import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal } from '../fixtures/token-requests.ts'
import type { JsonObject } from '../json.ts'
import { buildOAuth1ApiRequest, buildOAuth1TestCall } from '../oauth1/oauth1-api-request.ts'
import { buildOAuth1AuthorizationUrl } from '../oauth1/three-legged.ts'
import { secret } from '../secret.ts'
import { compileProvider } from './compile-provider.ts'
import { compileProviderPlan } from './compile-provider-plan.ts'

const ENDPOINTS = {
  temporary_credentials_url: 'https://acme.example/request_token',
  authorization_url: 'https://acme.example/authorize',
  token_credentials_url: 'https://acme.example/access_token',
}
const credentials = {
  client_id: 'c',
  client_secret: secret('s'),
  token: secret('t'),
  token_secret: secret('ts'),
}
const temporary = { token: secret('tmp'), token_secret: secret('tmps') }

function compile(oauth1: JsonObject = {}, beside: JsonObject = {}) {
  const compiled = compileProvider({ provider: 'acme', oauth1: { ...ENDPOINTS, ...oauth1 }, ...beside })
  assert.ok(compiled.protocol === 'oauth1')
  return compiled.plan
}

const findings = (oauth1: JsonObject, beside: JsonObject = {}) =>
  refusal(() => compile(oauth1, beside)).findings.map(({ pointer, rule }) => `${pointer} ${rule}`)

test('everything wrong with a declaration of OAuth 1.0a is told at once, at its place', () => {
  assert.deepEqual(
    findings(
      { authorization_url: 'http://acme.example/', authorization_parameters: { scope: 'a' }, scopes: {} },
      { scopes: { default: ['a'] }, api: { base_url: 'https://acme.example', token_name: 'user' } },
    ),
    [
      '/scopes other_protocol',
      '/api/token_name other_protocol',
      '/oauth1/authorization_url refused_url',
      '/oauth1/scopes/parameter repeated',
    ],
  )
  assert.deepEqual(findings({ colour: 'red' }), ['/oauth1 unrecognized_keys'])
})

test('the compiler of OAuth 2.0 plans refuses a declaration of OAuth 1.0a instead of reading past it', () => {
  const { findings } = refusal(() => compileProviderPlan({ provider: 'acme', oauth1: ENDPOINTS }))
  assert.deepEqual(
    findings.map(({ pointer, rule }) => `${pointer} ${rule}`),
    ['/oauth1 other_protocol'],
  )
})

test('scopes stand where the declaration says, joined as it says, and nowhere else', () => {
  const scopesIn = (plan: ReturnType<typeof compile>, scopes?: string[]) => {
    const { url } = buildOAuth1AuthorizationUrl(plan, temporary, scopes && { scopes })
    return Object.fromEntries(new URL(url).searchParams)
  }
  const plan = compile({ scopes: { default: ['read'], separator: ',' } })
  assert.deepEqual(scopesIn(plan), { scope: 'read', oauth_token: 'tmp' })
  assert.deepEqual(scopesIn(plan, ['read', 'a&b=c']), { scope: 'read,a&b=c', oauth_token: 'tmp' })
  assert.deepEqual(scopesIn(plan, []), { oauth_token: 'tmp' })
  assert.deepEqual(scopesIn(compile()), { oauth_token: 'tmp' })
  assert.equal(refusal(() => scopesIn(compile(), ['read'])).field, 'scopes')
})

test('S21 a signed call of the API stays within it, and none is built where the API is not known', () => {
  const plan = compile({}, { api: { base_url: 'https://api.acme.example/v1' } })
  const call = (path: string) => buildOAuth1ApiRequest(plan, { method: 'GET', path }, credentials)
  const request = call('/me?a=b')
  assert.equal(request?.url, 'https://api.acme.example/v1/me?a=b')
  assert.match(request?.headers.authorization ?? '', /^OAuth oauth_consumer_key="c", oauth_token="t", /)
  assert.equal(refusal(() => call('/../../x')).field, 'path')
  assert.equal(buildOAuth1TestCall(plan, credentials), null)
  assert.equal(buildOAuth1ApiRequest(compile(), { method: 'GET', path: '/me' }, credentials), null)
})
