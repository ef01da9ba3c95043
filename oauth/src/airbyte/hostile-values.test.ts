import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildAuthorizationRequest } from '../authorization-request.ts'
import { OAuthError } from '../errors.ts'
import * as specs from '../fixtures/airbyte-specs.ts'
import { refusal } from '../fixtures/token-requests.ts'
import type { JsonObject } from '../json.ts'
import { secret } from '../secret.ts'
import { buildTokenRequest } from '../token-request.ts'
import { compileAirbytePlan } from './compile-airbyte-plan.ts'

const GIVEN = {
  client_id: 'client-1',
  client_secret: 's3cret',
  redirect_uri: 'https://sluice.example.com/oauth/callback/1',
  code: 'code-1',
  state: 's'.repeat(43),
  config: { subdomain: 'acme' } as JsonObject,
}

/** HubSpot's spec with the person's subdomain, and whatever else a test wants. */
function spec(changes: JsonObject): JsonObject {
  const changed = structuredClone(specs.hubspot) as typeof specs.hubspot & JsonObject
  const config = changed.advanced_auth.oauth_config_specification as JsonObject
  config.oauth_user_input_from_connector_config_specification = {
    properties: { subdomain: { type: 'string', path_in_connector_config: ['subdomain'] } },
  }
  Object.assign(config.oauth_connector_input_specification as JsonObject, changes)
  return changed
}

const ZENDESK = spec({
  consent_url: 'https://{{ subdomain }}.zendesk.example.com/oauth?{{ client_id_param }}&{{ state_param }}',
  access_token_url: 'https://{{ subdomain | urlencode }}.zendesk.example.com/oauth/tokens',
})

function requests(connector: unknown, values: Partial<typeof GIVEN>) {
  const oauth = compileAirbytePlan(connector, { allowed_hosts: ['.gitlab.example.com'] })
  assert.ok(oauth?.plan)
  const { client_secret, code, ...open } = { ...GIVEN, ...values }
  const { url } = buildAuthorizationRequest(oauth.plan, { ...open, code_challenge: 'c'.repeat(43) })
  const token = buildTokenRequest(oauth.plan, {
    ...open,
    client_secret: secret(client_secret),
    code: secret(code),
    code_verifier: secret('v'.repeat(43)),
  })
  return { authorization: new URL(url), token }
}

test('S21 a subdomain cannot leave its label, in either URL', () => {
  const subdomains = [
    'evil.com/#',
    'evil.com?',
    'a@evil.com',
    'evil.com\\',
    'x:443/',
    'evil。com',
    '',
    'x..y',
    '-x',
    'a b',
  ]
  for (const subdomain of subdomains) {
    const error = refusal(() => requests(ZENDESK, { config: { subdomain } }))
    assert.deepEqual([error.code, error.field], ['refused_value', 'config.subdomain'], subdomain)
    if (subdomain.length > 2) assert.ok(!error.message.includes(subdomain))
  }
  assert.equal(refusal(() => requests(ZENDESK, { config: {} })).field, 'config.subdomain')
})

test('S21 whatever the subdomain, requests go below the fixed suffix or nowhere', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (subdomain) => {
      try {
        const { authorization, token } = requests(ZENDESK, { config: { subdomain } })
        for (const { hostname } of [authorization, new URL(token.url)]) {
          assert.match(hostname, /^[a-z0-9.-]+\.zendesk\.example\.com$/)
        }
      } catch (error) {
        assert.ok(error instanceof OAuthError)
        assert.equal(error.code, 'refused_value')
      }
    }),
  )
})

test('S21 a whole host from the config must be on the allow list', () => {
  const host = (api_url: string) => new URL(requests(specs.gitlab, { config: { api_url } }).token.url).host
  assert.equal(host('acme.gitlab.example.com'), 'acme.gitlab.example.com')
  for (const api_url of [
    'evil.com',
    'gitlab.example.com.evil.com',
    '2130706433',
    '[::1]',
    'https://acme.gitlab.example.com',
    'acme.gitlab.example.com:8443',
    '',
  ]) {
    assert.equal(refusal(() => host(api_url)).field, 'config.api_url', api_url)
  }
})

test('S26 S27 bodies keep their fields whatever the values, as JSON and as a form', () => {
  const hostile = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed())
  fc.assert(
    fc.property(
      fc.record({ client_id: hostile, client_secret: hostile, code: hostile, redirect_uri: hostile }),
      (values) => {
        const expected = { grant_type: 'authorization_code', ...values }
        const json = requests(specs.snapchat, values).token.body
        assert.deepEqual(JSON.parse(json ?? ''), expected)
        const form = [...new URLSearchParams(requests(specs.hubspot, values).token.body ?? '')]
        assert.equal(form.length, 5)
        assert.deepEqual(Object.fromEntries(form), expected)
      },
    ),
  )
})

test('S26 text that the author wrote is text in a JSON body, quotes and all', () => {
  const params = { 'a"b': 'x"\\{{ client_id_value }}\n', plain: '{{ client_id_value | urlencode }}' }
  const { body } = requests(spec({ access_token_headers: {}, access_token_params: params }), {
    client_id: 'i"d/',
  }).token
  assert.deepEqual(JSON.parse(body ?? ''), { 'a"b': 'x"\\i"d/\n', plain: 'i%22d%2F' })
})

test('S27 query parameters of a token URL without body keep their values', () => {
  const { url, body } = requests(specs.googleAnalytics, { code: '4/a&b=c#d%2F', client_secret: 'x+y z' }).token
  const query = new URL(url).searchParams
  assert.deepEqual(Object.fromEntries(query), {
    client_id: GIVEN.client_id,
    client_secret: 'x+y z',
    code: '4/a&b=c#d%2F',
    redirect_uri: GIVEN.redirect_uri,
    grant_type: 'authorization_code',
  })
  assert.equal(body, null)
})

test('S28 a header cannot be split by a value', () => {
  const connector = spec({ access_token_headers: { 'X-Client': '{{ client_id_value }}' } })
  for (const client_id of ['a\r\nx: y', 'a\0b']) {
    assert.equal(refusal(() => requests(connector, { client_id })).field, 'client_id')
  }
})

test('S29 a colon in the client id cannot move the border between id and secret', () => {
  const { authorization } = requests(specs.airtable, { client_id: 'a:b', client_secret: 'c%d' }).token.headers
  assert.equal(atob((authorization ?? '').replace('Basic ', '')), 'a%3Ab:c%25d')
})

test('S30 values that look like templates are values', () => {
  const { body } = requests(specs.snapchat, { client_id: '{{ client_secret_value }}', code: '{{#urlencode}}' }).token
  const { client_id, code } = JSON.parse(body ?? '')
  assert.deepEqual([client_id, code], ['{{ client_secret_value }}', '{{#urlencode}}'])
})
