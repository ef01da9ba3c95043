import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { inspect } from 'node:util'
import { type GrantStandIn, startGrantStandIn } from '@sluice/lab'
import fc from 'fast-check'
import { compileFlowPlan } from './compile-flow-plan.ts'
import { google } from './fixtures/flow-specs.ts'
import { refusal } from './fixtures/token-requests.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import type { JsonObject } from './json.ts'
import { buildPasswordRequest } from './password-request.ts'
import { compileProviderPlan } from './provider/compile-provider-plan.ts'
import { secret } from './secret.ts'
import { hostileText } from './testing/hostile-text.ts'
import { readTokenResponse } from './token-response.ts'

const USERS = { 'ann+1@example.com&grant_type=x': 'p"\\=&+% é{{client_secret}}', bob: 'secret' }
const client = { client_id: 'client-1', client_secret: secret('s3cret'), config: {} }
const phase = 'password'

let standIn: GrantStandIn
before(async () => {
  standIn = await startGrantStandIn({ clients: { 'client-1': 's3cret' }, users: USERS })
})
after(() => standIn.close())

function planFor(token: JsonObject, grants: JsonObject = { password: {} }) {
  const authorization = { url: 'https://acme.example/authorize' }
  return compileProviderPlan({ provider: 'acme', authorization, token, grants }, { allow_loopback: true })
}

function build(token: JsonObject, username: string, password: string) {
  const plan = planFor({ url: 'https://acme.example/token', ...token })
  return buildPasswordRequest(plan, { ...client, username: secret(username), password: secret(password) })
}

for (const client_authentication of ['client_secret_basic', 'client_secret_post']) {
  test(`a strict server gives a token for each user's password, the client proven by ${client_authentication}`, async () => {
    const fetch = createGuardedFetch({ allow_loopback: true })
    const plan = planFor({ url: standIn.token_endpoint, client_authentication })
    const ask = async (username: string, password: string) => {
      const user = { username: secret(username), password: secret(password) }
      return fetch(buildPasswordRequest(plan, { ...client, ...user, scopes: { scope: ['a', 'b'] } }))
    }
    for (const [username, password] of Object.entries(USERS)) {
      const tokens = readTokenResponse(plan, await ask(username, password), { now: new Date(), phase })
      const issued = standIn.issued.get(tokens.access_token.reveal())
      assert.deepEqual([issued?.subject, issued?.scope, tokens.scope], [username, 'a b', 'a b'])
    }
    const wrong = await ask('bob', 'another')
    const refused = refusal(() => readTokenResponse(plan, wrong, { now: new Date(), phase }))
    assert.deepEqual([refused.code, refused.verdict], ['invalid_grant', 'reauthorize'])
    assert.match(refused.message, /user name and password/)
  })
}

test('a plan that does not declare the grant refuses it, whatever its dialect', () => {
  const user = { ...client, username: secret('ann'), password: secret('pass') }
  const code = planFor({ url: 'https://acme.example/token' }, { authorization_code: {} })
  for (const plan of [compileFlowPlan(google), code]) {
    const refused = refusal(() => buildPasswordRequest(plan, user))
    assert.deepEqual([refused.code, refused.field, refused.verdict], ['invalid_spec', 'password', 'integration_broken'])
  }
})

test('S26 S27 user name and password are encoded by the type of the body, whatever they hold', () => {
  const standard = { grant_type: 'password', client_id: 'client-1', client_secret: 's3cret' }
  fc.assert(
    fc.property(hostileText, hostileText, (username, password) => {
      const form = new URLSearchParams(build({}, username, password).body ?? '')
      assert.deepEqual(Object.fromEntries(form), { ...standard, username, password })
      const json = JSON.parse(build({ body: 'json' }, username, password).body ?? '')
      assert.deepEqual(json, { ...standard, username, password })
    }),
  )
})

test('S31 a password never stands in an address, an error or a print', () => {
  const inAddress: JsonObject[] = [{ body: 'query' }, { method: 'GET' }]
  for (const token of inAddress) {
    const { code, findings } = refusal(() => build(token, 'ann', 'hunter2'))
    assert.deepEqual([code, findings.map(({ rule }) => rule)], ['invalid_spec', ['password_in_url']])
  }
  const empty = refusal(() => build({}, '', 'hunter2'))
  assert.deepEqual([empty.code, empty.field], ['refused_value', 'username'])
  assert.equal(refusal(() => build({}, 'ann', '')).field, 'password')
  assert.ok(!inspect(empty).includes('hunter2'))
  assert.ok(!inspect({ password: secret('hunter2') }).includes('hunter2'))
})
