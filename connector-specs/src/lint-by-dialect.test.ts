// What the linter must find at least, in each dialect that can say it wrong: rule x dialect, with the reason where a
// dialect cannot.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LintRuleId } from '@sluice/oauth'
import { lint } from './lint.ts'

const value = (name: string) => `{{#urlencode}}{{{${name}}}}{{/urlencode}}`
const FORM = 'application/x-www-form-urlencoded'
const AUTHORIZE = ['client_id', 'redirect_uri', 'state'].map((name) => `${name}=${value(name)}`).join('&')
const BODY = ['client_id', 'client_secret', 'redirect_uri', 'code'].map((name) => `${name}=${value(name)}`).join('&')

const flow = (change: object) => ({
  provider: 'acme',
  authUrlTemplate: `https://acme.example/authorize?response_type=code&${AUTHORIZE}`,
  accessTokenUrlTemplate: 'https://acme.example/token',
  accessTokenHeaders: { 'content-type': FORM },
  accessTokenBody: `grant_type=authorization_code&${BODY}`,
  accessTokenResponseMap: { access_token: '/access_token' },
  ...change,
})

const jinja = (name: string) => `{{ ${name} | urlEncoder }}`
const CONSENT = `https://acme.example/authorize?client_id=${jinja('client_id_value')}&redirect_uri=${jinja('redirect_uri_value')}&state=${jinja('state_value')}`

const airbyte = (change: object) => ({
  connectionSpecification: { type: 'object', properties: { host: { type: 'string' }, api_key: { type: 'string' } } },
  advanced_auth: {
    auth_flow_type: 'oauth2.0',
    oauth_config_specification: {
      oauth_user_input_from_connector_config_specification: {
        type: 'object',
        properties: {
          host: { type: 'string', path_in_connector_config: ['host'] },
          api_key: { type: 'string', path_in_connector_config: ['api_key'] },
        },
      },
      complete_oauth_output_specification: {
        properties: { access_token: { path_in_connector_config: ['access_token'] } },
      },
      oauth_connector_input_specification: {
        consent_url: CONSENT,
        access_token_url: 'https://acme.example/token',
        access_token_headers: { 'Content-Type': FORM },
        access_token_params: { code: '{{ auth_code_value }}', client_id: '{{ client_id_value }}' },
        extract_output: ['access_token'],
        ...change,
      },
    },
  },
})

const provider = ({ authorization, token, grants, ...change }: Record<string, object | undefined>) => ({
  provider: 'acme',
  documentation_url: 'https://acme.example/docs',
  config: { host: { title: 'Host' }, api_key: { title: 'Key' } },
  authorization: { url: 'https://acme.example/authorize', ...authorization },
  token: { url: 'https://acme.example/token', ...token },
  grants: { authorization_code: {}, ...grants },
  ...change,
})

const DIALECTS = { flow, airbyte, provider }
/** A change that the rule must find, or why the dialect cannot say it. */
type Case = object | `cannot: ${string}`
type Row = Record<keyof typeof DIALECTS, Case>

const TABLE: [LintRuleId, Row][] = [
  [
    'unknown_variable',
    {
      flow: { accessTokenUrlTemplate: `https://acme.example/token?a=${value('nonsense')}` },
      airbyte: { access_token_params: { code: '{{ auth_code_value }}', a: '{{ nonsense }}' } },
      provider: { token: { parameters: { a: '{{nonsense}}' } } },
    },
  ],
  [
    'unknown_lambda',
    {
      flow: { accessTokenUrlTemplate: 'https://acme.example/token?a={{#nonsense}}x{{/nonsense}}' },
      airbyte: 'cannot: a filter that is not known is refused as invalid_template, below',
      provider: 'cannot: placeholders have no lambdas, and a section is refused as invalid_template, below',
    },
  ],
  [
    'invalid_template',
    {
      flow: { accessTokenBody: 'a={{#urlencode}}{{{code}}}' },
      airbyte: { consent_url: `${CONSENT}&a={{ client_id_value | nonsense }}` },
      provider: { token: { parameters: { a: '{{#urlencode}}{{{code}}}{{/urlencode}}' } } },
    },
  ],
  [
    'value_unencoded',
    {
      flow: { accessTokenBody: `grant_type=authorization_code&${BODY}&host={{{config.host}}}` },
      airbyte: { access_token_url: 'https://acme.example/token?host={{ host }}' },
      provider: 'cannot: values are encoded by the type of their place',
    },
  ],
  [
    'value_encoded_wrongly',
    {
      flow: { accessTokenHeaders: { 'content-type': FORM, 'x-host': value('config.host') } },
      airbyte: { access_token_headers: { 'Content-Type': FORM, 'X-Host': '{{ host | urlEncoder }}' } },
      provider: 'cannot: values are encoded by the type of their place',
    },
  ],
  [
    'secret_exposed',
    {
      flow: { authUrlTemplate: `https://acme.example/authorize?${AUTHORIZE}&s=${value('client_secret')}` },
      airbyte: { consent_url: `${CONSENT}&s={{ client_secret_value }}` },
      provider: { authorization: { parameters: { s: '{{client_secret}}' } } },
    },
  ],
  [
    'secret_exposed',
    {
      flow: { authUrlTemplate: `https://acme.example/authorize?${AUTHORIZE}&s=${value('config.api_key')}` },
      airbyte: { consent_url: `${CONSENT}&s={{ api_key | urlEncoder }}` },
      provider: { authorization: { parameters: { s: '{{config.api_key}}' } } },
    },
  ],
  [
    'host_open',
    {
      flow: { accessTokenUrlTemplate: 'https://{{{config.host}}}/token' },
      airbyte: { access_token_url: 'https://{{ host }}/token' },
      provider: { token: { url: 'https://{{config.host}}/token' } },
    },
  ],
  [
    'pkce_plain',
    {
      flow: {
        authUrlTemplate: `https://acme.example/authorize?${AUTHORIZE}&code_challenge={{{code_challenge}}}&code_challenge_method=plain`,
        accessTokenBody: `${BODY}&code_verifier={{{code_verifier}}}`,
      },
      airbyte: { consent_url: `${CONSENT}&code_challenge={{ state_value }}&code_challenge_method=plain` },
      provider: { authorization: { parameters: { code_challenge_method: 'plain' } } },
    },
  ],
  [
    'pkce_fixed',
    {
      flow: { accessTokenBody: `${BODY}&code_verifier=short` },
      airbyte: { access_token_params: { code: '{{ auth_code_value }}', code_verifier: 'short' } },
      provider: { authorization: { parameters: { code_challenge: 'short' } } },
    },
  ],
  [
    'pkce_unproven',
    {
      flow: {
        authUrlTemplate: `https://acme.example/authorize?${AUTHORIZE}&code_challenge={{{code_challenge}}}&code_challenge_method=S256`,
      },
      airbyte: {
        consent_url: `${CONSENT}&code_challenge={{ state_value | codeChallengeS256 }}&code_challenge_method=S256`,
      },
      provider: { grants: { authorization_code: { parameters: { code_verifier: null } } } },
    },
  ],
  [
    'state_missing',
    {
      flow: { authUrlTemplate: `https://acme.example/authorize?client_id=${value('client_id')}` },
      airbyte: { consent_url: `https://acme.example/authorize?client_id=${jinja('client_id_value')}` },
      provider: { authorization: { parameters: { state: null } } },
    },
  ],
  [
    'client_id_missing',
    {
      flow: { authUrlTemplate: `https://acme.example/authorize?state=${value('state')}` },
      airbyte: { consent_url: `https://acme.example/authorize?state=${jinja('state_value')}` },
      provider: { authorization: { parameters: { client_id: null } } },
    },
  ],
  [
    'code_missing',
    {
      flow: { accessTokenBody: `client_id=${value('client_id')}` },
      airbyte: { access_token_params: { client_id: '{{ client_id_value }}' } },
      provider: { grants: { authorization_code: { parameters: { code: null } } } },
    },
  ],
  [
    'access_token_missing',
    {
      flow: { accessTokenResponseMap: { account: '/account' } },
      airbyte: { extract_output: ['account'] },
      provider: 'cannot: the token stands where it is declared, else under its RFC name',
    },
  ],
  [
    'body_grammar',
    {
      flow: { accessTokenBody: '{"code": "{{{code}}}"}' },
      airbyte: { access_token_headers: { 'Content-Type': 'text/xml' } },
      provider: { token: { body: 'json', headers: { 'content-type': FORM } } },
    },
  ],
  [
    'bare_word',
    {
      flow: { accessTokenResponseMap: { access_token: '/access_token', account: 'account' } },
      airbyte: 'cannot: extract_output names members of the reply, so a bare word reads it',
      provider: 'cannot: pointers are checked, and a bare word is refused as field_invalid',
    },
  ],
]

for (const [dialect, spec] of Object.entries(DIALECTS) as [keyof typeof DIALECTS, (change: never) => object][]) {
  test(`a ${dialect} spec without fault has no finding, so that what is found is the change`, () => {
    assert.deepEqual(lint(JSON.stringify(spec({} as never))), [])
  })

  for (const [index, [rule, row]] of TABLE.entries()) {
    const change = row[dialect]
    const again = TABLE.slice(0, index).some(([earlier]) => earlier === rule) ? ', of the config too' : ''
    const options = typeof change === 'string' ? { skip: change } : {}
    test(`${rule}${again} is found in ${dialect} specs, with its place`, options, () => {
      const findings = lint(JSON.stringify(spec(change as never), null, 1))
      const found = findings.find((finding) => finding.rule === rule)
      assert.ok(found, JSON.stringify(findings.map((finding) => finding.rule)))
      assert.ok((found.region?.line ?? 0) > 1 && found.mend !== '')
    })
  }
}
