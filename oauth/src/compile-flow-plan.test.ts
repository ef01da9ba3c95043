import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileFlowPlan } from './compile-flow-plan.ts'
import { airtable, asana, flowSpecs, google, hubspot } from './fixtures/flow-specs.ts'
import { refusal } from './fixtures/token-requests.ts'

const findings = (spec: unknown) =>
  refusal(() => compileFlowPlan(spec)).findings.map(({ pointer, rule }) => `${pointer} ${rule}`)
const warnings = (spec: unknown) => compileFlowPlan(spec).warnings.map(({ pointer, rule }) => `${pointer} ${rule}`)

test('every published shape of spec compiles', () => {
  for (const [name, spec] of Object.entries(flowSpecs))
    assert.equal(compileFlowPlan(spec).provider, spec.provider, name)
})

test("protobuf's spelling compiles to the same plan as camelCase", () => {
  const snake = {
    provider: airtable.provider,
    auth_url_template: airtable.authUrlTemplate,
    access_token_url_template: airtable.accessTokenUrlTemplate,
    access_token_body: airtable.accessTokenBody,
    access_token_headers_json_map: airtable.accessTokenHeaders,
    access_token_response_json_map: airtable.accessTokenResponseMap,
    refresh_token_url_template: null,
    refresh_token_headers_json_map: {},
  }
  const { warnings: _snake, ...plan } = compileFlowPlan(snake)
  const { warnings: _camel, ...same } = compileFlowPlan(airtable)
  assert.deepEqual(plan, same)
})

test('all findings come at once, with pointers in the spelling of the author', () => {
  assert.deepEqual(
    findings({
      auth_url_template: '',
      accessTokenUrlTemplate: 7,
      accessTokenHeaders: { a: { b: 1 } },
      accessTokenMethod: 'DELETE',
    }).map((finding) => finding.split(' ')[0]),
    ['/provider', '/auth_url_template', '/accessTokenUrlTemplate', '/accessTokenMethod', '/accessTokenHeaders/a'],
  )
  assert.deepEqual(
    findings({
      ...hubspot,
      authUrlTemplate: 'https://a.example.com/{{#x}}',
      accessTokenBody: 'code={{urlencode}}',
      accessTokenResponseMap: { 'a/b': '/~2', c: '{{#now_plus}}1' },
    }),
    [
      '/authUrlTemplate invalid_template',
      '/accessTokenBody invalid_template',
      '/accessTokenResponseMap/a~1b json_pointer',
      '/accessTokenResponseMap/c invalid_template',
    ],
  )
  for (const spec of [null, 'x', [], 7]) assert.equal(refusal(() => compileFlowPlan(spec)).code, 'invalid_spec')
})

test('a field in both spellings is refused, an unknown field is a warning', () => {
  assert.deepEqual(findings({ ...hubspot, auth_url_template: 'https://a.example.com' }), [
    '/auth_url_template duplicate',
  ])
  assert.deepEqual(warnings({ ...hubspot, additionalTokenExchangeBody: null }), [
    '/additionalTokenExchangeBody unknown_field',
  ])
})

test('PKCE is used where the templates ask for it', () => {
  assert.equal(compileFlowPlan(airtable).uses_pkce, true)
  assert.equal(compileFlowPlan(google).uses_pkce, false)
  const announced = `${hubspot.authUrlTemplate}&code_challenge={{{code_challenge}}}`
  assert.deepEqual(warnings({ ...hubspot, authUrlTemplate: announced }), [
    '/accessTokenBody pkce_unproven',
    '/authUrlTemplate pkce_method_missing',
  ])
})

test('S10 a spec that hard-codes code_challenge_method=plain, or a verifier, is refused', () => {
  for (const method of ['plain', 'PLAIN', 's256', 'S256x']) {
    const authUrlTemplate = airtable.authUrlTemplate
      .replace(/(code_challenge_method=).*?urlencode\}\}/, '$1X')
      .replace(/=X.*?urlencode\}\}/, `=${method}`)
    assert.deepEqual(findings({ ...airtable, authUrlTemplate }), ['/authUrlTemplate pkce_plain'], authUrlTemplate)
  }
  const accessTokenBody = `${hubspot.accessTokenBody}&code_verifier=abc`
  assert.deepEqual(findings({ ...hubspot, accessTokenBody }), ['/accessTokenBody pkce_fixed'])
  const json = google.accessTokenBody.replace('{', '{"code_verifier": "abc", ')
  assert.deepEqual(findings({ ...google, accessTokenBody: json }), ['/accessTokenBody pkce_fixed'])
})

test('S10 code_challenge_method=S256 as literal text is fine', () => {
  const authUrlTemplate = airtable.authUrlTemplate.replace(
    /code_challenge_method=.*?\{\{\/urlencode\}\}/,
    'code_challenge_method=S256',
  )
  assert.ok(compileFlowPlan({ ...airtable, authUrlTemplate }))
})

test('S29 a spec that proves the client twice is reported', () => {
  assert.ok(warnings(airtable).includes('/accessTokenBody client_authentication_twice'))
  assert.deepEqual(warnings(asana), ['/accessTokenUrlTemplate secret_in_url'])
})

test('S31 client_secret or code_verifier in the authorization URL, or the secret in the response map, is refused', () => {
  for (const name of ['client_secret', 'config.credentials.client_secret', 'code_verifier']) {
    const authUrlTemplate = `${google.authUrlTemplate}&x={{#urlencode}}{{{ ${name} }}}{{/urlencode}}`
    assert.ok(findings({ ...google, authUrlTemplate }).includes('/authUrlTemplate secret_exposed'), name)
  }
  const accessTokenResponseMap = { secret: '{{{client_secret}}}' }
  assert.deepEqual(findings({ ...google, accessTokenResponseMap }), ['/accessTokenResponseMap/secret secret_exposed'])
})

test('an authorization URL without state is refused', () => {
  const authUrlTemplate = 'https://a.example.com/authorize?client_id={{{client_id}}}'
  assert.deepEqual(findings({ ...google, authUrlTemplate }), ['/authUrlTemplate state_missing'])
})

test('a JSON body that is not JSON is refused when it is compiled', () => {
  assert.deepEqual(findings({ ...google, accessTokenBody: '{"a": {{{code}}}' }), ['/accessTokenBody body_grammar'])
  const xml = { ...google, accessTokenHeaders: { 'content-type': 'text/xml' }, accessTokenBody: '<a>{{{code}}}</a>' }
  assert.deepEqual(findings(xml), ['/accessTokenBody body_grammar'])
})

test('S32 a response map pointer of 200 levels is refused', () => {
  assert.deepEqual(findings({ ...google, accessTokenResponseMap: { a: '/a'.repeat(200) } }), [
    '/accessTokenResponseMap/a json_pointer',
  ])
})

test('a broken address that the refresh request inherits is reported once', () => {
  const spec = { ...google, accessTokenUrlTemplate: 'http://a.example.com', refreshTokenBody: 'x={{{refresh_token}}}' }
  assert.deepEqual(findings(spec), ['/accessTokenUrlTemplate refused_url'])
})
