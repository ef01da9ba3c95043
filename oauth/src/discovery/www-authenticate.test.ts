import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readChallenges } from './www-authenticate.ts'

const read = (text: string) => readChallenges(new Headers({ 'www-authenticate': text }))

test('challenges are read with their parameters, however many share the header', () => {
  assert.deepEqual(read('Bearer'), [{ scheme: 'bearer', parameters: {} }])
  assert.deepEqual(read('Negotiate YWJj==, Basic realm="a, b", Bearer'), [
    { scheme: 'negotiate', parameters: {} },
    { scheme: 'basic', parameters: { realm: 'a, b' } },
    { scheme: 'bearer', parameters: {} },
  ])
  assert.deepEqual(read('DPoP error="use_dpop_nonce", algs="ES256 \\"x\\"" , Bearer Realm = x,scope="a b"'), [
    { scheme: 'dpop', parameters: { error: 'use_dpop_nonce', algs: 'ES256 "x"' } },
    { scheme: 'bearer', parameters: { realm: 'x', scope: 'a b' } },
  ])
  assert.deepEqual(readChallenges(new Headers()), [])
})

test('a malformed or hostile header gives what was well-formed, and soon', () => {
  assert.deepEqual(read('Bearer realm="a", error="unclosed'), [{ scheme: 'bearer', parameters: { realm: 'a' } }])
  assert.deepEqual(read('Bearer __proto__="x"')[0]?.parameters, Object.fromEntries([['__proto__', 'x']]))
  const started = performance.now()
  for (const text of [
    `Bearer a="${'\\"'.repeat(4000)}`,
    'a='.repeat(4000),
    'a '.repeat(4000),
    `a${',a'.repeat(4000)}`,
  ]) {
    assert.ok(Array.isArray(read(text)))
  }
  assert.ok(performance.now() - started < 1000)
})
