import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileFlowPlan } from '../compile-flow-plan.ts'
import { google, hubspot } from '../fixtures/flow-specs.ts'
import { build, refusal } from '../fixtures/token-requests.ts'

test('S28 CR, LF and NUL in a header value are refused', () => {
  const spec = { ...hubspot, accessTokenHeaders: { ...hubspot.accessTokenHeaders, 'X-Key': '{{{client_secret}}}' } }
  for (const client_secret of ['a\r\nHost: evil', 'a\nb', 'a\0b', 'é', ' a']) {
    const error = refusal(() => build(spec, { client_secret }))
    assert.deepEqual([error.code, error.field], ['refused_value', 'client_secret'])
  }
  assert.equal(build(spec, { client_secret: 'a b"c' }).headers['x-key'], 'a b"c')
})

test('S28 a value beside other text in a header cannot add a parameter, and is escaped inside quotes', () => {
  const header = (template: string, client_secret: string) =>
    build({ ...hubspot, accessTokenHeaders: { ...hubspot.accessTokenHeaders, 'X-Key': template } }, { client_secret })
      .headers['x-key']
  assert.equal(header('Token {{{client_secret}}}', 'abc'), 'Token abc')
  assert.equal(refusal(() => header('Token {{{client_secret}}}', 'abc, admin=1')).field, 'client_secret')
  assert.equal(header('Token key="{{{client_secret}}}", v=1', 'a"b'), 'Token key="a\\"b", v=1')
  assert.equal(header('Token {{#urlencode}}{{{client_secret}}}{{/urlencode}}', 'a, b'), 'Token a%2C%20b')
})

test('S28 Host, Content-Length, Transfer-Encoding and their like cannot be set', () => {
  for (const name of ['Host', 'content-length', 'Transfer-Encoding', 'Connection', 'X Y', 'x:y']) {
    const error = refusal(() => compileFlowPlan({ ...google, accessTokenHeaders: { [name]: 'x' } }))
    assert.deepEqual(
      error.findings.map(({ pointer }) => pointer),
      [`/accessTokenHeaders/${name}`],
    )
  }
})
