import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildAuthorizationRequest } from './authorization-request.ts'
import { compileFlowPlan } from './compile-flow-plan.ts'
import { airtable, flowSpecs, google, intercom, onedrive, shopify } from './fixtures/flow-specs.ts'
import { renderAsFlow } from './fixtures/plain-mustache.ts'
import { refusal } from './fixtures/token-requests.ts'
import type { JsonObject } from './json.ts'
import { createPkce, createState } from './pkce.ts'

const { code_challenge, code_challenge_method } = createPkce()
const INPUT = {
  client_id: 'client-1',
  redirect_uri: 'https://sluice.example.com/oauth/callback/1',
  state: createState(),
  config: { store: 'acme', subdomain: 'acme', is_sandbox: true } as JsonObject,
  code_challenge,
  code_challenge_method,
}
const build = (spec: JsonObject, input: Partial<typeof INPUT> = {}) =>
  buildAuthorizationRequest(compileFlowPlan(spec), { ...INPUT, ...input }).url

for (const [name, spec] of Object.entries(flowSpecs)) {
  test(`${name}: the authorization URL is the one that a browser makes of plain mustache`, () => {
    // Authors' slip: plain mustache would leave these sections unencoded.
    const template = spec.authUrlTemplate.replaceAll(/\{\{\{([#/]urlencode)\}\}\}/g, '{{$1}}')
    assert.equal(build(spec), new URL(renderAsFlow(template, INPUT)).href)
  })
}

test('state survives whatever it holds, also in a template that does not encode it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (state) => {
      fc.pre(state.isWellFormed())
      for (const spec of [onedrive, intercom, airtable])
        assert.equal(new URL(build(spec, { state })).searchParams.get('state'), state)
    }),
  )
})

test('line breaks and indentation between the parts of a URL template are dropped', () => {
  const authUrlTemplate = google.authUrlTemplate.replaceAll('&', '&\n    ')
  assert.equal(build({ ...google, authUrlTemplate }), build(google))
})

test('S21 the store cannot move the authorization endpoint either', () => {
  for (const store of ['evil.com/#', 'a@evil.com', '']) {
    assert.equal(refusal(() => build(shopify, { config: { store } })).field, 'config.store')
  }
})

test('S10 a plan with PKCE demands a challenge, and a section cannot smuggle in another method', () => {
  assert.equal(refusal(() => build(airtable, { code_challenge: '' })).field, 'code_challenge')
  const authUrlTemplate = `${google.authUrlTemplate}&code_challenge={{{code_challenge}}}&code_challenge_method{{#config.x}}=plain{{/config.x}}`
  const error = refusal(() => build({ ...google, authUrlTemplate }, { config: { x: true } }))
  assert.deepEqual([error.code, error.field], ['invalid_template', 'code_challenge_method'])
})

test('scopes asked for take the place of those in the template, in its separator', () => {
  const scopesIn = (spec: JsonObject, scope: string[]) =>
    new URL(buildAuthorizationRequest(compileFlowPlan(spec), { ...INPUT, scopes: { scope } }).url).searchParams.getAll(
      'scope',
    )
  assert.deepEqual(scopesIn(google, ['email', 'a&b=c']), ['email a&b=c'])
  assert.deepEqual(scopesIn(shopify, ['read_orders', 'read_products']), ['read_orders,read_products'])
  const authUrlTemplate = google.authUrlTemplate.replace(/&scope=[^&]*/, '')
  assert.deepEqual(scopesIn({ ...google, authUrlTemplate }, ['email']), ['email'])
})

test('a URL that loses its state by a section is not given out', () => {
  const authUrlTemplate = 'https://a.example.com/?x=1{{#config.x}}&state={{{state}}}{{/config.x}}'
  assert.ok(build({ ...google, authUrlTemplate }, { config: { x: true } }))
  assert.equal(refusal(() => build({ ...google, authUrlTemplate }, { config: {} })).field, 'state')
})

test('S31 client_secret is not within reach of the authorization URL, not even through config names', () => {
  const authUrlTemplate = `${google.authUrlTemplate}{{#config}}&secret={{{client_secret}}}{{/config}}`
  assert.equal(refusal(() => build({ ...google, authUrlTemplate })).code, 'invalid_spec')
})
