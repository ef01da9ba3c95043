import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal } from '../fixtures/token-requests.ts'
import { secret } from '../secret.ts'
import { chooseClientAuthentication } from './choose-client-authentication.ts'

const client_secret = secret('s3cret')
const signing_key = { private_key: secret('pem') }

test('the strongest method that both sides can is chosen', () => {
  const choose = (supported: string[] | null, client: object) =>
    chooseClientAuthentication({ token_endpoint_auth_methods_supported: supported }, { client_id: 'c', ...client })
  const all = ['none', 'client_secret_post', 'client_secret_basic', 'client_secret_jwt', 'private_key_jwt']
  assert.equal(choose(all, { client_secret, signing_key }), 'private_key_jwt')
  assert.equal(choose(all, { client_secret }), 'client_secret_basic')
  assert.equal(choose(['client_secret_post', 'unheard_of'], { client_secret, signing_key }), 'client_secret_post')
  assert.equal(choose(null, { client_secret }), 'client_secret_basic')
  assert.equal(choose(all, {}), 'none')
  assert.equal(choose(null, { client_secret: null }), 'none')
  assert.equal(refusal(() => choose(['private_key_jwt'], { client_secret })).code, 'not_offered')
  assert.equal(refusal(() => choose(null, { signing_key })).code, 'not_offered')
})
