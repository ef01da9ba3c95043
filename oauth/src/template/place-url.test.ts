import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileFlowPlan } from '../compile-flow-plan.ts'
import { OAuthError } from '../errors.ts'
import { asana, flowSpecs, hubspot, shopify } from '../fixtures/flow-specs.ts'
import { build, refusal } from '../fixtures/token-requests.ts'

test('S21 store="evil.com/#" and its like are refused, naming the field', () => {
  const stores = [
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
    'x%2f',
  ]
  for (const store of stores) {
    const error = refusal(() => build(shopify, { config: { store } }))
    assert.equal(error.code, 'refused_value', store)
    assert.equal(error.field, 'config.store')
    if (store.length > 2) assert.ok(!error.message.includes(store))
  }
  const missing = refusal(() => build(shopify, { config: {} }))
  assert.equal(missing.field, 'config.store')
})

test('S21 whatever the store, the request goes below the pinned suffix or nowhere', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (store) => {
      try {
        assert.match(new URL(build(shopify, { config: { store } }).url).hostname, /^[a-z0-9.-]+\.myshopify\.com$/)
      } catch (error) {
        assert.ok(error instanceof OAuthError)
        assert.equal(error.code, 'refused_value')
      }
    }),
  )
})

test('S21 a host that a value gives whole needs the allow list', () => {
  const { salesforce } = flowSpecs
  const url = (my_domain: string, allowed_hosts: string[]) =>
    new URL(build(salesforce, { config: { my_domain, is_sandbox: false } }, { allowed_hosts }).url).hostname
  const allowed = ['.my.salesforce.com']
  assert.equal(url('', []), 'login.salesforce.com')
  assert.equal(url('Acme--Dev.sandbox.my.salesforce.com', allowed), 'acme--dev.sandbox.my.salesforce.com')
  for (const host of [
    'evil.com',
    'my.salesforce.com.evil.com',
    'evilmy.salesforce.com',
    '2852039166',
    'acme.my.salesforce.com.',
  ]) {
    assert.equal(refusal(() => url(host, allowed)).field, 'config.my_domain', host)
    assert.equal(refusal(() => url(host, [])).field, 'config.my_domain', host)
  }
})

test('S22 http, user info, fragments and odd ports in a template are refused when it is compiled', () => {
  const addresses = [
    'http://provider.example.com/token',
    'file:///etc/passwd',
    'https://user:pass@provider.example.com/token',
    'https://provider.example.com/token#x',
    'https://provider.example.com:8443/token',
    'http://localhost:9/token',
    'https://provider.example.com:{{{config.port}}}/token',
    '{{{config.scheme}}}://provider.example.com/token',
    'https://{{{config.user}}}@provider.example.com/token',
    'https://provider.example.com/token#{{{code}}}',
    'https://{{{config.host}}}/token',
    'https://{{{config.host}}}.com/token',
    'https://x{{{config.host}}}.example.com/token',
    'https://{{{config.a}}}.{{{config.b}}}.example.com/token',
  ]
  for (const accessTokenUrlTemplate of addresses) {
    const error = refusal(() => compileFlowPlan({ ...hubspot, accessTokenUrlTemplate }))
    assert.equal(error.code, 'invalid_spec', accessTokenUrlTemplate)
    assert.deepEqual(
      error.findings.map(({ pointer }) => pointer),
      ['/accessTokenUrlTemplate'],
      accessTokenUrlTemplate,
    )
  }
})

test('the development switch opens loopback addresses and nothing else', () => {
  const local = { ...hubspot, accessTokenUrlTemplate: 'http://localhost:16970/token' }
  assert.ok(compileFlowPlan(local, { allow_loopback: true }))
  const remote = { ...hubspot, accessTokenUrlTemplate: 'http://provider.example.com/token' }
  assert.throws(() => compileFlowPlan(remote, { allow_loopback: true }), OAuthError)
})

test('S27 a query value in the token URL round-trips', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (client_secret) => {
      fc.pre(client_secret.isWellFormed())
      const { searchParams } = new URL(build(asana, { client_secret }).url)
      assert.equal(searchParams.get('client_secret'), client_secret)
      assert.deepEqual([...searchParams.keys()], ['grant_type', 'client_id', 'client_secret', 'redirect_uri', 'code'])
    }),
  )
})

test('a path segment stays one segment', () => {
  const spec = { ...hubspot, accessTokenUrlTemplate: 'https://login.example.com/{{{config.tenant}}}/token' }
  const path = (tenant: string) => new URL(build(spec, { config: { tenant } }).url).pathname
  assert.equal(path('acme.com'), '/acme.com/token')
  assert.equal(path('a/b?c#d'), '/a%2Fb%3Fc%23d/token')
  for (const tenant of ['..', '.', '']) assert.equal(refusal(() => path(tenant)).field, 'config.tenant')
})

test('an object in the place of text is refused', () => {
  assert.equal(refusal(() => build(shopify, { config: { store: { a: 1 } } })).field, 'config.store')
})
