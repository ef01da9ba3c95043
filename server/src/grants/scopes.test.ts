import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileProvider } from '@sluice/oauth'
import { grantedScopes, mergeNeeds, missingScopes, scopesToAsk } from './scopes.ts'

function plan(incremental: boolean) {
  const compiled = compileProvider({
    provider: 'acme',
    scopes: { incremental },
    authorization: { url: 'https://acme.example/authorize' },
    token: { url: 'https://acme.example/token' },
    grants: { authorization_code: {} },
  })
  if (compiled.protocol !== 'oauth2') throw new Error('unreachable')
  return compiled.plan
}

const ledger = { required: ['a', 'b'], optional: ['c'], granted: ['a', 'x'] }

test('a provider with incremental consent is asked for the difference, another for what was granted as well', () => {
  assert.deepEqual(scopesToAsk(plan(true), ledger), ['b', 'c'])
  assert.deepEqual(scopesToAsk(plan(false), ledger), ['a', 'x', 'b', 'c'])
  assert.equal(scopesToAsk(plan(true), { ...ledger, granted: ['c', 'b', 'a'] }), null)
})

test('what the provider does not state was granted as asked, and what anyone requires is not optional', () => {
  assert.deepEqual(grantedScopes({ scope: null, requested_scopes: ['a', 'b'] }), ['a', 'b'])
  assert.deepEqual(grantedScopes({ scope: 'a,b  a', requested_scopes: ['z'] }), ['a', 'b'])
  assert.deepEqual(missingScopes(ledger), ['b'])
  assert.deepEqual(mergeNeeds({ required: ['a'], optional: ['b'] }, { required: ['b'], optional: ['c'] }), {
    required: ['a', 'b'],
    optional: ['c'],
  })
})
