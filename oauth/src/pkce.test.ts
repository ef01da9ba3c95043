import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calculatePKCECodeChallenge } from 'oauth4webapi'
import { createPkce, createState } from './pkce.ts'

test('S10 code verifiers are at least 43 characters of the allowed alphabet and never repeat', () => {
  const verifiers = Array.from({ length: 2000 }, () => createPkce().code_verifier.reveal())
  assert.equal(new Set(verifiers).size, verifiers.length)
  for (const verifier of verifiers) assert.match(verifier, /^[A-Za-z0-9\-._~]{43,128}$/)
})

test('the code challenge is S256 of the verifier', async () => {
  const { code_verifier, code_challenge, code_challenge_method } = createPkce()
  assert.equal(code_challenge, await calculatePKCECodeChallenge(code_verifier.reveal()))
  assert.equal(code_challenge_method, 'S256')
})

test('states never repeat and need no encoding anywhere', () => {
  const states = Array.from({ length: 2000 }, createState)
  assert.equal(new Set(states).size, states.length)
  for (const state of states) assert.match(state, /^[A-Za-z0-9_-]{43}$/)
})
