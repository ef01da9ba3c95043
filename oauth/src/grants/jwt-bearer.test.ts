import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { startGrantStandIn } from '@sluice/lab'
import { signAssertion } from '../client-authentication/assertion.ts'
import { refusal } from '../fixtures/token-requests.ts'
import { createGuardedFetch } from '../guarded-fetch.ts'
import { secret } from '../secret.ts'
import { DEVELOPMENT, serverAt } from '../testing/lab-client.ts'
import type { StandardClient } from './endpoint-request.ts'
import { buildJwtBearerGrant, type JwtBearerGrant } from './jwt-bearer.ts'
import { readGrantResponse } from './read-grant-response.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const signing_key = {
  private_key: secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
  key_id: 'k1',
}
const send = createGuardedFetch(DEVELOPMENT)

async function start(t: TestContext) {
  const standIn = await startGrantStandIn({
    clients: { 'client 1': 's&cret=+%' },
    assertion_keys: new Map([['robot@example.com', { kid: 'k1', key: publicKey }]]),
  })
  t.after(() => standIn.close())
  const claims = { iss: 'robot@example.com', sub: 'alice@example.com', aud: standIn.token_endpoint, now: new Date() }
  const exchange = async (grant: JwtBearerGrant, client: StandardClient | null = null) => {
    const request = await buildJwtBearerGrant(serverAt(standIn.origin), client, grant)
    return readGrantResponse(await send(request), { now: new Date(), phase: 'jwt_bearer' })
  }
  return { standIn, claims, exchange }
}

test('an assertion alone gets a token for its subject', async (t) => {
  const { standIn, claims, exchange } = await start(t)
  const tokens = await exchange({ assertion: await signAssertion(claims, signing_key), scope: 'a b' })
  assert.deepEqual(standIn.issued.get(tokens.access_token.reveal()), {
    client_id: null,
    subject: 'alice@example.com',
    actor: null,
    scope: 'a b',
    targets: [],
  })
})

test('S29 a client that authenticates as well does so once, by either way', async (t) => {
  const { standIn, claims, exchange } = await start(t)
  for (const token_endpoint_auth_method of ['client_secret_basic', 'client_secret_post'] as const) {
    const client = { client_id: 'client 1', client_secret: secret('s&cret=+%'), token_endpoint_auth_method }
    const tokens = await exchange({ assertion: await signAssertion(claims, signing_key) }, client)
    assert.equal(standIn.issued.get(tokens.access_token.reveal())?.client_id, 'client 1')
  }
})

test('an assertion that is foreign, late, for another server or used is refused', async (t) => {
  const { claims, exchange } = await start(t)
  const used = await signAssertion(claims, signing_key)
  await exchange({ assertion: used })
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  const assertions = [
    used,
    secret(`${used.reveal().slice(0, -8)}AAAAAAAA`),
    await signAssertion(claims, { private_key: secret(other.toString()), key_id: 'k1' }),
    await signAssertion({ ...claims, iss: 'stranger' }, signing_key),
    await signAssertion({ ...claims, aud: 'https://other.example.com' }, signing_key),
    await signAssertion({ ...claims, now: new Date(Date.now() - 3600_000) }, signing_key),
    await signAssertion({ ...claims, lifetime: 7200 }, signing_key),
  ]
  for (const assertion of assertions) {
    const response = await exchange({ assertion }).then(
      () => assert.fail('the assertion was taken'),
      (error: unknown) => error,
    )
    const error = refusal(() => {
      throw response
    })
    assert.deepEqual([error.code, error.verdict], ['invalid_grant', 'reauthorize'])
    assert.match(error.message, /assertion/)
  }
})

test('further claims do not override those that make the assertion safe', async () => {
  const now = new Date('2026-01-02T03:04:05Z')
  const claims = { scope: 'a', exp: 9e9, jti: 'fixed', aud: 'x' }
  const assertion = await signAssertion({ iss: 'i', sub: 's', aud: 'a', claims, now }, signing_key)
  const payload = JSON.parse(Buffer.from(assertion.reveal().split('.')[1] ?? '', 'base64url').toString())
  assert.deepEqual([payload.scope, payload.aud, payload.exp], ['a', 'a', now.getTime() / 1000 + 120])
  assert.notEqual(payload.jti, 'fixed')
})
