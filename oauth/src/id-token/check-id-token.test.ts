import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { type JWK, type JWTPayload, SignJWT } from 'jose'
import { startServer } from '../fixtures/local-server.ts'
import { readGrantResponse } from '../grants/read-grant-response.ts'
import { createSender } from '../grants/sender.ts'
import { createGuardedFetch } from '../guarded-fetch.ts'
import { secret } from '../secret.ts'
import { authorize } from '../testing/lab-authorization.ts'
import { startLabFor } from '../testing/lab-client.ts'
import { checkIdToken, type ExpectedIdToken } from './check-id-token.ts'
import { createProviderKeys, readJwksResponse } from './provider-keys.ts'

const now = new Date('2026-01-02T03:04:05Z')
const issued = Math.floor(now.getTime() / 1000)
const issuer = 'https://as.example.com'
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = (key: KeyObject, kid: string): JWK => ({ ...(key.export({ format: 'jwk' }) as JWK), kid })
const jwks = (...keys: JWK[]) => ({ status: 200, headers: new Headers(), body: JSON.stringify({ keys }) })

const expected: ExpectedIdToken = {
  server: { issuer, id_token_signing_alg_values_supported: ['ES256', 'HS256', 'none'] },
  client_id: 'client-1',
  nonce: 'n-1',
  keys: readJwksResponse(jwks(jwk(ec.publicKey, 'k1'))),
  now,
}
const claims = { iss: issuer, aud: 'client-1', sub: 'alice', iat: issued, exp: issued + 60, nonce: 'n-1' }
const sign = (payload: JWTPayload, key: KeyObject = ec.privateKey, header = {}) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header }).sign(key)
const check = (id_token: unknown, more: Partial<ExpectedIdToken> = {}) => {
  const reply = { access_token: 'at', id_token: id_token as string }
  return checkIdToken({ response: secret(reply), access_token: secret('at') }, { ...expected, ...more })
}
const reason = async (id_token: unknown, more: Partial<ExpectedIdToken> = {}) => {
  const result = await check(id_token, more)
  return result.status === 'discarded' ? result.reason : result.status
}

test("S42 the lab's ID token is validated by the lab's keys, and discarded under another nonce or client", async (t) => {
  const setup = await startLabFor(t)
  const client = setup.addClient()
  const nonce = 'n-0S6_WzA2Mj'
  const response = await authorize(setup, client, createSender(setup.send), { scope: 'openid orders:read', nonce })
  const tokens = readGrantResponse(response, { now: new Date(), phase: 'authorization_code' })
  const keys = createProviderKeys(setup.send, setup.server)
  const here = { server: setup.server, client_id: client.client_id, nonce, keys, now: new Date() }
  const result = await checkIdToken(tokens, here)
  assert.ok(result.status === 'valid')
  assert.deepEqual([result.claims.sub, result.claims.iss], ['alice', setup.lab.origin])
  assert.deepEqual(await checkIdToken(tokens, { ...here, nonce: 'x' }), { status: 'discarded', reason: 'nonce' })
  assert.deepEqual(await checkIdToken(tokens, { ...here, client_id: 'x' }), { status: 'discarded', reason: 'audience' })
})

test('S42 iss, aud, azp, time and nonce must be the expected ones', async () => {
  assert.equal(await reason(await sign(claims)), 'valid')
  const wrong: [string, JWTPayload][] = [
    ['issuer', { iss: `${issuer}/` }],
    ['issuer', { iss: 'https://evil.example.com' }],
    ['audience', { aud: 'client-2' }],
    ['audience', { aud: ['client-1', 'client-2'] }],
    ['audience', { azp: 'client-2' }],
    ['expired', { exp: issued - 61 }],
    ['expired', { nbf: issued + 120 }],
    ['nonce', { nonce: 'n-2' }],
    ['nonce', { nonce: undefined }],
    ['malformed', { sub: undefined }],
    ['malformed', { sub: '' }],
    ['malformed', { exp: undefined }],
    ['malformed', { iat: undefined }],
  ]
  for (const [why, change] of wrong) assert.equal(await reason(await sign({ ...claims, ...change })), why)
  assert.equal(await reason(await sign({ ...claims, aud: ['client-1', 'client-2'], azp: 'client-1' })), 'valid')
  assert.equal(await reason(await sign(claims), { nonce: null }), 'nonce')
  assert.equal(await reason(await sign({ ...claims, nonce: undefined }), { nonce: null }), 'valid')
  assert.equal(await reason(await sign({ ...claims, exp: issued - 30 })), 'valid')
})

test('S42 the algorithm must be a signature that the server states; none and HMAC never are', async () => {
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`
  assert.equal(await reason(none), 'algorithm')
  const publicPem = ec.publicKey.export({ type: 'spki', format: 'pem' })
  const hmac = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(Buffer.from(publicPem))
  assert.equal(await reason(hmac), 'algorithm')
  const server = { issuer, id_token_signing_alg_values_supported: null }
  assert.equal(await reason(await sign(claims), { server }), 'algorithm')
})

test('S42 a foreign signature, an unknown key and a changed text are discarded', async () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  assert.equal(await reason(await sign(claims, other.privateKey)), 'signature')
  assert.equal(await reason(await sign(claims, ec.privateKey, { kid: 'k2' })), 'unknown_key')
  const [header = '', , signature = ''] = (await sign(claims)).split('.')
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'mallory' })).toString('base64url')
  assert.equal(await reason(`${header}.${forged}.${signature}`), 'signature')
  const embedded = { kid: undefined, jwk: jwk(other.publicKey, 'k1') }
  assert.equal(await reason(await sign(claims, other.privateKey, embedded)), 'signature')
})

test('S42 what is no ID token is discarded, an absent one is absent', async () => {
  for (const id_token of [7, {}, 'x', 'a.b.c', 'a.b.c.d.e', `a.${'b'.repeat(70_000)}.c`]) {
    assert.equal(await reason(id_token), 'malformed')
  }
  for (const id_token of [undefined, null, '']) assert.equal(await reason(id_token), 'absent')
})

test('S42 at_hash ties the ID token to its access token', async () => {
  const at_hash = createHash('sha256').update('at').digest().subarray(0, 16).toString('base64url')
  assert.equal(await reason(await sign({ ...claims, at_hash })), 'valid')
  assert.equal(await reason(await sign({ ...claims, at_hash: 'x' })), 'access_token')
})

test('keys are fetched when needed, again after a rotation, and not for each unknown key', async (t) => {
  const next = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  let body = '<html>'
  const local = await startServer(t, (_request, response) => {
    response.end(body)
  })
  let time = now.getTime()
  const send = createGuardedFetch({ allow_loopback: true })
  const keys = createProviderKeys(send, { jwks_uri: local.origin }, () => new Date(time))
  assert.equal(await reason(await sign(claims), { keys }), 'keys_unavailable')
  body = jwks(jwk(ec.publicKey, 'k1')).body
  assert.equal(await reason(await sign(claims), { keys }), 'valid')
  assert.equal(await reason(await sign(claims), { keys }), 'valid')
  assert.equal(local.requests.length, 2)

  const rotated = await sign(claims, next.privateKey, { kid: 'k2' })
  body = jwks(jwk(next.publicKey, 'k2')).body
  assert.equal(await reason(rotated, { keys }), 'unknown_key')
  time += 60_000
  assert.equal(await reason(rotated, { keys }), 'valid')
  assert.equal(local.requests.length, 3)
  assert.equal(await reason(await sign(claims), { keys: createProviderKeys(send, {}) }), 'keys_unavailable')
})
