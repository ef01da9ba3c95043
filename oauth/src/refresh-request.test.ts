import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileFlowPlan } from './compile-flow-plan.ts'
import { airtable, asana, google, hubspot, notion, zendesk } from './fixtures/flow-specs.ts'
import { refusal } from './fixtures/token-requests.ts'
import type { JsonObject } from './json.ts'
import { buildRefreshRequest } from './refresh-request.ts'
import { secret } from './secret.ts'

const build = (spec: JsonObject, { client_id = 'client-1', client_secret = 's3cret', refresh_token = 'rt-1' } = {}) =>
  buildRefreshRequest(compileFlowPlan(spec), {
    client_id,
    client_secret: secret(client_secret),
    refresh_token: secret(refresh_token),
    config: { subdomain: 'acme' },
  })

test('without refresh fields it is RFC 6749 §6: a form to the token endpoint, whatever the token request looks like', () => {
  for (const spec of [google, hubspot, zendesk]) {
    const { method, url, headers, body } = build(spec, { refresh_token: 'a&b=+%' })
    assert.equal(method, 'POST')
    assert.equal(url, spec.accessTokenUrlTemplate.replace('{{{ config.subdomain }}}', 'acme'))
    assert.deepEqual(headers, { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' })
    assert.deepEqual(Object.fromEntries(new URLSearchParams(body ?? '')), {
      grant_type: 'refresh_token',
      refresh_token: 'a&b=+%',
      client_id: 'client-1',
      client_secret: 's3cret',
    })
  }
})

test('S29 a refresh proves the client exactly once: by Basic where the token request does, with colon and percent encoded', () => {
  for (const spec of [airtable, notion]) {
    const { headers, body } = build(spec, { client_id: 'a:%', client_secret: 'b:%' })
    assert.equal(headers.authorization, `Basic ${Buffer.from('a%3A%25:b%3A%25').toString('base64')}`)
    assert.deepEqual([...new URLSearchParams(body ?? '').keys()], ['grant_type', 'refresh_token'])
  }
  assert.equal(build(notion).headers['notion-version'], '2022-06-28')
  assert.equal(build(hubspot).headers.authorization, undefined)
})

test('parameters that a spec writes into the query of its token URL do not travel with a refresh', () => {
  assert.equal(build(asana).url, 'https://app.asana.com/-/oauth_token')
})

test("the spec's own refresh request is used when it sends the refresh token", () => {
  const spec = {
    ...zendesk,
    refreshTokenUrlTemplate: 'https://{{{config.subdomain}}}.zendesk.com/oauth/refresh',
    refreshTokenBody:
      '{"grant_type":"refresh_token","refresh_token":"{{{refresh_token}}}","secret":"{{{client_secret}}}"}',
  }
  const request = build(spec, { refresh_token: 'a"b' })
  assert.equal(request.url, 'https://acme.zendesk.com/oauth/refresh')
  assert.equal(request.headers['content-type'], 'application/json')
  assert.deepEqual(JSON.parse(request.body ?? ''), {
    grant_type: 'refresh_token',
    refresh_token: 'a"b',
    secret: 's3cret',
  })

  const form = { refreshTokenBody: 'refresh_token={{{refresh_token}}}', refreshTokenMethod: 'PUT' }
  const own = build({
    ...zendesk,
    ...form,
    refreshTokenHeaders: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  assert.deepEqual(
    [own.method, own.url, own.body],
    ['PUT', 'https://acme.zendesk.com/oauth/tokens', 'refresh_token=rt-1'],
  )
})

test('a refresh address alone takes the standard form', () => {
  const request = build({ ...hubspot, refreshTokenUrlTemplate: 'https://api.hubapi.com/oauth/v1/refresh?v=a%20b' })
  assert.equal(request.url, 'https://api.hubapi.com/oauth/v1/refresh?v=a%20b')
  assert.equal(new URLSearchParams(request.body ?? '').get('refresh_token'), 'rt-1')
})

test('a refresh token that does not fit its place is refused by name', () => {
  const spec = {
    ...hubspot,
    refreshTokenHeaders: { authorization: 'Bearer {{{refresh_token}}}' },
    refreshTokenUrlTemplate: hubspot.accessTokenUrlTemplate,
  }
  assert.equal(refusal(() => build(spec, { refresh_token: 'a\r\nb' })).field, 'refresh_token')
})
