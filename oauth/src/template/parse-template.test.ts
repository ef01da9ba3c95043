import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileFlowPlan } from '../compile-flow-plan.ts'
import { google, hubspot } from '../fixtures/flow-specs.ts'
import { build, refusal } from '../fixtures/token-requests.ts'

test('S30 {{constructor}} and {{__proto__}} find nothing', () => {
  for (const name of [
    'constructor',
    '__proto__',
    'config.constructor',
    'config.__proto__.x',
    'toString',
    'hasOwnProperty',
  ]) {
    const spec = { ...google, accessTokenBody: `{"a":"{{{${name}}}}"}` }
    assert.equal(build(spec).body, '{"a":""}', name)
  }
})

test('S30 values that look like templates are literal', () => {
  const code = '{{client_secret}}{{{client_secret}}}{{=<% %>=}}'
  assert.deepEqual(JSON.parse(build(google, { code }).body ?? '').code, code)
  assert.equal(new URLSearchParams(build(hubspot, { code }).body ?? '').get('code'), code)
})

test('S30 partials are refused and a change of delimiters opens nothing', () => {
  const error = refusal(() => compileFlowPlan({ ...google, accessTokenBody: '{"a":"{{> client_secret}}"}' }))
  assert.deepEqual(
    error.findings.map(({ pointer, rule }) => [pointer, rule]),
    [['/accessTokenBody', 'invalid_template']],
  )
  const spec = { ...google, accessTokenBody: '{"a":"{{=<% %>=}}<%& code %>{{code}}"}' }
  assert.equal(build(spec, { code: '<%client_secret%>"' }).body, '{"a":"<%client_secret%>\\"{{code}}"}')
})

test("the authors' slips mean what was meant", () => {
  const body = (template: string) => build({ ...hubspot, accessTokenBody: template }, { code: 'a b/=' }).body
  assert.equal(body('code={{{#urlencode}}}{{{ code }}}{{{/urlencode}}}'), 'code=a%20b%2F%3D')
  assert.equal(body('code={{ urlencode code }}'), 'code=a%20b%2F%3D')
  assert.equal(body('code={{ code }}'), 'code=a%20b%2F%3D')
  assert.equal(
    JSON.parse(build({ ...google, accessTokenBody: '{"a":"{{ code }}"}' }, { code: 'a/b&"' }).body ?? '').a,
    'a/b&"',
  )
})

test('sections see the real values, lists included', () => {
  const spec = {
    ...hubspot,
    accessTokenBody:
      'grant_type=x{{#config.scopes}}&scope={{.}}{{/config.scopes}}{{^config.sandbox}}&live=1{{/config.sandbox}}',
  }
  assert.equal(
    build(spec, { config: { scopes: ['a&b', 'c'], sandbox: false } }).body,
    'grant_type=x&scope=a%26b&scope=c&live=1',
  )
  assert.equal(build(spec, { config: { sandbox: 'false' } }).body, 'grant_type=x')
})

test('sections nested or repeated without end are refused in bounded time', () => {
  const nested = `${'{{#config.a}}'.repeat(5000)}x${'{{/config.a}}'.repeat(5000)}`
  assert.equal(refusal(() => build({ ...hubspot, accessTokenBody: nested })).code, 'invalid_spec')

  const a = Array.from({ length: 50 }, (_, index) => index)
  const repeated = `x=${'{{#config.a}}'.repeat(8)}y{{.}}${'{{/config.a}}'.repeat(8)}`
  const error = refusal(() => build({ ...hubspot, accessTokenBody: repeated }, { config: { a } }))
  assert.equal(error.code, 'invalid_template')
})
