import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileFlowPlan } from '../compile-flow-plan.ts'
import { OAuthError } from '../errors.ts'
import { airtable, asana, flowSpecs, google, hubspot, notion, salesforce, zendesk } from '../fixtures/flow-specs.ts'
import type { JsonObject } from '../json.ts'
import type { UrlPolicy } from '../url-policy.ts'
import { lintFlowSpec } from './lint-flow-spec.ts'
import { LINT_RULES } from './rules.ts'

/** A spec with nothing to mend. */
const clean = { ...hubspot, accessTokenResponseMap: { access_token: '/access_token' } }

const lint = (changes: JsonObject, options?: Partial<UrlPolicy>) =>
  lintFlowSpec({ ...clean, ...changes }, options).map(({ severity, pointer, rule }) => `${severity} ${pointer} ${rule}`)
const messages = (changes: JsonObject) => lintFlowSpec({ ...clean, ...changes }).map(({ message }) => message)
const form = (more: string) => ({ accessTokenBody: `${hubspot.accessTokenBody}&${more}` })
const authorize = (more: string) => ({ authUrlTemplate: `${hubspot.authUrlTemplate}&${more}` })

test('a spec with nothing to mend has no findings', () => {
  assert.deepEqual(lint({}), [])
  assert.deepEqual(lintFlowSpec(notion), [])
  assert.deepEqual(lintFlowSpec(zendesk), [])
})

test('every finding carries severity and mend of its rule, and reads as a sentence after its pointer', () => {
  for (const spec of [...Object.values(flowSpecs), {}, null, { provider: 7, extra: 1 }]) {
    for (const { rule, mend, message, severity } of lintFlowSpec(spec)) {
      assert.equal(mend, LINT_RULES[rule].mend)
      assert.match(message, /^[a-z]/)
      assert.ok(severity === LINT_RULES[rule].severity || severity === 'warning')
    }
  }
  for (const [id, { description, mend }] of Object.entries(LINT_RULES)) {
    assert.match(`${description} ${mend}`, /^[A-Z].*[.] [A-Z].*\.$/s, id)
  }
})

test('an error is what compiling refuses, no more and no less', () => {
  const bodies = [
    '{"a":',
    '{{#x}}',
    'code={{> x}}',
    '{"a":"{{{code}}}"}',
    'a={{{nope}}}',
    '{{#config.x}}{{/config.x}}{',
  ]
  const urls = ['https://{{{config.host}}}/x', 'http://a.example.com', 'https://a.example.com/{{{config.x}}}', 'x']
  const variants = [
    ...bodies.flatMap((accessTokenBody) => [
      { ...hubspot, accessTokenBody },
      { ...google, accessTokenBody },
    ]),
    ...urls.flatMap((url) => [
      { ...hubspot, accessTokenUrlTemplate: url },
      { ...hubspot, authUrlTemplate: `${url}?state={{{state}}}` },
    ]),
    ...Object.values(flowSpecs),
  ]
  for (const spec of variants) {
    let refused: OAuthError | null = null
    try {
      compileFlowPlan(spec)
    } catch (error) {
      assert.ok(error instanceof OAuthError)
      refused = error
    }
    const errors = lintFlowSpec(spec).filter(({ severity }) => severity === 'error')
    assert.deepEqual(
      errors.map(({ pointer, rule }) => `${pointer} ${rule}`),
      (refused?.findings ?? []).map(({ pointer, rule }) => `${pointer} ${rule}`),
    )
  }
})

test('unknown variables are named with what was perhaps meant', () => {
  assert.deepEqual(lint(authorize('x={{#urlencode}}{{{clientId}}}{{/urlencode}}')), [
    'warning /authUrlTemplate unknown_variable',
  ])
  assert.match(messages(authorize('x={{#urlencode}}{{{clientId}}}{{/urlencode}}'))[0] ?? '', /clientId \(client_id\?\)/)
  const realm = form('realm={{#urlencode}}{{{realmId}}}{{/urlencode}}')
  assert.deepEqual(lint(realm), ['warning /accessTokenBody unknown_variable'])
  assert.match(messages(realm)[0] ?? '', /callback/)
  assert.deepEqual(lint(form('x={{#urlencode}}{{{state}}}{{/urlencode}}')), [
    'warning /accessTokenBody unknown_variable',
  ])
  assert.deepEqual(lint(form('{{#config}}x={{#urlencode}}{{{subdomain}}}{{/urlencode}}{{/config}}')), [])
  assert.deepEqual(lint({ refreshTokenBody: 'refresh_token={{#urlencode}}{{{refreshToken}}}{{/urlencode}}' }), [
    'warning /refreshTokenBody unknown_variable',
  ])
})

test('unknown helpers are found, as sections and as calls', () => {
  assert.deepEqual(lint(form('x={{#url_encode}}{{#urlencode}}{{{code}}}{{/urlencode}}{{/url_encode}}')), [
    'warning /accessTokenBody unknown_lambda',
  ])
  assert.match(messages(form('x={{ base64 client_id }}'))[0] ?? '', /base64 client_id, which is neither/)
  assert.match(messages(form('x={{#urlencoded}}y{{/urlencoded}}'))[0] ?? '', /urlencoded \(urlencode\?\)/)
})

test("the authors' slips are found, each with its own mend", () => {
  assert.deepEqual(lint(form('x={{{#urlencode}}}{{{ code }}}{{{/urlencode}}}')), [
    'warning /accessTokenBody triple_brace_section',
  ])
  assert.deepEqual(lint(form('x={{ urlencode code }}')), ['warning /accessTokenBody helper_call'])
  assert.deepEqual(lint(form('x={{#urlencode}}{{ code }}{{/urlencode}}')), ['warning /accessTokenBody double_braces'])
  assert.deepEqual(lint({ accessTokenResponseMap: { access_token: '{{ access_token }}' } }), [
    'warning /accessTokenResponseMap/access_token double_braces',
  ])
  assert.deepEqual(lint({ accessTokenResponseMap: airtable.accessTokenResponseMap }), [])
})

test('values outside encoding are found in URLs and forms, in any branch, but not in hosts, JSON and headers', () => {
  assert.deepEqual(lint(authorize('x={{{config.x}}}')), ['warning /authUrlTemplate value_unencoded'])
  assert.deepEqual(lint(form('{{#config.a}}x={{{config.b}}}{{/config.a}}')), [
    'warning /accessTokenBody value_unencoded',
  ])
  assert.deepEqual(lint(form('{{^config.a}}x={{{config.b}}}{{/config.a}}')), [
    'warning /accessTokenBody value_unencoded',
  ])
  assert.deepEqual(
    lintFlowSpec(asana)
      .filter(({ rule }) => rule === 'value_unencoded')
      .map(({ pointer, message }) => [pointer, message]),
    [
      ['/authUrlTemplate', 'does not encode client_id'],
      ['/accessTokenUrlTemplate', 'does not encode client_id, client_secret'],
    ],
  )
})

test('values encoded twice or within JSON, and text without quotes, are found', () => {
  const twice = '{{#urlencode}}{{#urlencode}}{{{config.x}}}{{/urlencode}}{{/urlencode}}'
  assert.deepEqual(lint(form(`x=${twice}`)), ['warning /accessTokenBody value_encoded_wrongly'])
  const json = (accessTokenBody: string) => lint({ accessTokenHeaders: {}, accessTokenBody })
  assert.deepEqual(json('{"code":"{{#urlencode}}{{{code}}}{{/urlencode}}"}'), [
    'warning /accessTokenBody value_encoded_wrongly',
  ])
  assert.deepEqual(json('{"code":{{{code}}},"n":{{{config.n}}}}'), ['warning /accessTokenBody json_value_unquoted'])
})

test('S21 a host that the person fills in needs a fixed suffix, in every branch', () => {
  const url = (accessTokenUrlTemplate: string) => lint({ accessTokenUrlTemplate })
  assert.deepEqual(url('https://{{{config.host}}}/token'), ['error /accessTokenUrlTemplate host_open'])
  assert.deepEqual(url('https://{{{config.host}}}.com/token'), ['error /accessTokenUrlTemplate host_open'])
  assert.deepEqual(url('https://a.example.com:{{{config.port}}}/token'), ['error /accessTokenUrlTemplate host_open'])
  assert.deepEqual(url('https://{{{config.store}}}.example.com/token'), [])
  const hosts = (options: Partial<UrlPolicy>) =>
    lintFlowSpec(salesforce, options).filter(({ rule }) => rule === 'host_open').length
  assert.equal(hosts({}), 2)
  assert.equal(hosts({ allowed_hosts: ['.my.salesforce.com'] }), 0)
})

test('S31 a secret in the authorization URL is an error, a likely secret of the config a warning', () => {
  assert.deepEqual(lint(authorize('x={{#urlencode}}{{{client_secret}}}{{/urlencode}}')), [
    'error /authUrlTemplate secret_exposed',
  ])
  for (const name of ['config.api_key', 'config.credentials.password', 'config.private_key']) {
    assert.deepEqual(lint(authorize(`x={{#urlencode}}{{{${name}}}}{{/urlencode}}`)), [
      'warning /authUrlTemplate secret_exposed',
    ])
  }
  assert.deepEqual(lint(authorize('x={{#urlencode}}{{{config.subdomain}}}{{/urlencode}}')), [])
})

test('S10 PKCE by plain, by a literal or by a short verifier is an error, however it is written', () => {
  for (const method of ['plain', '{{#urlencode}}plain{{/urlencode}}', 's256', '{{{code_challenge_method}}}x']) {
    const pkce = `code_challenge={{{code_challenge}}}&code_challenge_method=${method}`
    const findings = lint({ ...authorize(pkce), ...form('code_verifier={{{code_verifier}}}') })
    assert.deepEqual(findings, ['error /authUrlTemplate pkce_plain'], method)
  }
  const [short] = messages(form('code_verifier=tooshort'))
  assert.match(short ?? '', /of 8 characters where 43 are the least/)
  assert.deepEqual(lint(form(`code_verifier=${'v'.repeat(50)}`)), ['error /accessTokenBody pkce_fixed'])
})

test('state must be there once, whole, under its name, in every branch', () => {
  const state = (parameter: string) =>
    lint({
      authUrlTemplate: `https://a.example.com/?client_id=x{{#urlencode}}{{{client_id}}}{{/urlencode}}${parameter}`,
    })
  const encoded = '{{#urlencode}}{{{state}}}{{/urlencode}}'
  assert.deepEqual(state(`&state=${encoded}`), [])
  for (const parameter of ['', `&nonce=${encoded}`, `&state=a${encoded}`, `&state=${encoded}&state=x`]) {
    assert.deepEqual(state(parameter), ['error /authUrlTemplate state_missing'], parameter)
  }
  assert.deepEqual(state(`{{#config.x}}&state=${encoded}{{/config.x}}`), ['warning /authUrlTemplate state_missing'])
})

test('a response map is asked for a token, and bare words are found', () => {
  const map = (accessTokenResponseMap: JsonObject) => lint({ accessTokenResponseMap })
  assert.deepEqual(map({ access_token: '/token' }), [])
  assert.deepEqual(map({ accessToken: '{{{access_token}}}' }), [])
  assert.deepEqual(map({ key: '/authed_user/access_token' }), [])
  assert.deepEqual(map({ refresh_token: '/refresh_token' }), ['note /accessTokenResponseMap access_token_unmapped'])
  assert.deepEqual(map({ instance_url: '/instance_url' }), ['warning /accessTokenResponseMap access_token_missing'])
  assert.deepEqual(map({}), ['note /accessTokenResponseMap response_map_missing'])
  assert.deepEqual(map({ access_token: 'access_token' }), [
    'warning /accessTokenResponseMap/access_token bare_word',
    'warning /accessTokenResponseMap access_token_missing',
  ])
})

test('a body whose grammar contradicts its content type is found', () => {
  const json = '{"code":"{{{code}}}"}'
  assert.deepEqual(lint({ accessTokenBody: json }), ['warning /accessTokenBody body_grammar'])
  assert.deepEqual(lint({ accessTokenHeaders: { 'content-type': 'application/json' } }), [
    'error /accessTokenBody body_grammar',
  ])
  assert.deepEqual(lint({ accessTokenHeaders: {} }), ['warning /accessTokenBody content_type_missing'])
  const branch = '{"code":"{{{code}}}"{{#config.x}},{{/config.x}}}'
  assert.deepEqual(lint({ accessTokenHeaders: {}, accessTokenBody: branch }), ['warning /accessTokenBody body_grammar'])
})

test('a request without client_id or code is found', () => {
  const authUrlTemplate = 'https://a.example.com/?state={{#urlencode}}{{{state}}}{{/urlencode}}'
  assert.deepEqual(lint({ authUrlTemplate }), ['warning /authUrlTemplate client_id_missing'])
  assert.deepEqual(lint({ accessTokenBody: 'a=b' }), ['warning /accessTokenBody code_missing'])
})

test('what cannot be read as a spec is told field by field', () => {
  assert.deepEqual(
    lintFlowSpec({ auth_url_template: '', extra: 1 }).map(({ pointer, rule, message }) => [pointer, rule, message]),
    [
      ['/provider', 'field_missing', 'is missing'],
      ['/auth_url_template', 'field_invalid', 'cannot be used: Too small: expected string to have >=1 characters'],
      ['/accessTokenUrlTemplate', 'field_missing', 'is missing'],
      ['/extra', 'unknown_field', 'is not a field of Flow OAuth specs'],
    ],
  )
  assert.deepEqual(
    lintFlowSpec(null).map(({ pointer, rule }) => [pointer, rule]),
    [['', 'field_invalid']],
  )
})

test('a template with very many sections is linted in bounded time', () => {
  const sections = Array.from({ length: 200 }, (_, index) => `{{#config.s${index}}}&a=b{{/config.s${index}}}`)
  const started = performance.now()
  lint(form(sections.join('')))
  assert.ok(performance.now() - started < 5000)
})
