import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { selfSignedCertificate } from '../fixtures/self-signed-certificate.ts'
import { rejection } from '../fixtures/token-requests.ts'
import { secret } from '../secret.ts'
import { authenticateClient, CLIENT_AUTHENTICATION_METHODS, type OAuthClient } from './authenticate-client.ts'

const now = new Date()
const context = { audience: 'https://as.example.com', now }
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const { key, cert } = selfSignedCertificate()
const client: OAuthClient = {
  client_id: 'client-1',
  client_secret: secret('s'.repeat(32)),
  signing_key: { private_key: secret(pem(ec.privateKey)), key_id: 'k1' },
  client_certificate: { certificate: cert, private_key: secret(key) },
}

test('S29 every method proves the client exactly once', async () => {
  for (const method of CLIENT_AUTHENTICATION_METHODS) {
    const { headers, parameters, client_certificate } = await authenticateClient(method, client, context)
    const proofs = [
      headers.authorization,
      parameters.client_secret,
      parameters.client_assertion,
      client_certificate,
    ].filter((given) => given !== undefined && given !== null)
    assert.equal(proofs.length, method === 'none' ? 0 : 1, method)
    assert.equal(parameters.client_id, method === 'client_secret_basic' ? undefined : 'client-1', method)
  }
})

test('S29 a colon or percent sign in the client id survives the Basic header', async () => {
  const odd = { client_id: 'a:b', client_secret: secret('p%') }
  const { headers } = await authenticateClient('client_secret_basic', odd, context)
  assert.equal(Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString(), 'a%3Ab:p%25')
})

test('S29 without a spec Basic is form-encoded as RFC 6749 §2.3.1 has it, so that a plus sign stays one', async () => {
  const odd = { client_id: 'id', client_secret: secret('a+b/c=') }
  const { headers } = await authenticateClient('client_secret_basic', odd, context)
  assert.equal(Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString(), 'id:a%2Bb%2Fc%3D')
})

test('an assertion names the client as issuer and subject, lives two minutes and serves once', async () => {
  const first = await authenticateClient('private_key_jwt', client, context)
  const { payload, protectedHeader } = await jwtVerify(first.parameters.client_assertion ?? '', ec.publicKey, {
    audience: context.audience,
    issuer: 'client-1',
    subject: 'client-1',
    currentDate: now,
  })
  assert.deepEqual(protectedHeader, { alg: 'ES256', typ: 'JWT', kid: 'k1' })
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 120)
  const second = await authenticateClient('private_key_jwt', client, context)
  const again = await jwtVerify(second.parameters.client_assertion ?? '', ec.publicKey, { currentDate: now })
  assert.notEqual(again.payload.jti, payload.jti)
})

test('client_secret_jwt is an HMAC by the secret, which must be long enough', async () => {
  const { parameters } = await authenticateClient('client_secret_jwt', client, context)
  await jwtVerify(parameters.client_assertion ?? '', Buffer.from('s'.repeat(32)), { algorithms: ['HS256'] })
  const short = authenticateClient('client_secret_jwt', { ...client, client_secret: secret('short') }, context)
  assert.equal((await rejection(short)).field, 'client_secret')
})

test('keys come as PEM of three kinds or as a JWK, with the algorithm that fits them', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const sign = async (private_key: string, more = {}) => {
    const signing_key = { private_key: secret(private_key), ...more }
    const { parameters } = await authenticateClient('private_key_jwt', { client_id: 'c', signing_key }, context)
    return decodeProtectedHeader(parameters.client_assertion ?? '')
  }
  assert.equal((await sign(pem(rsa.privateKey))).alg, 'RS256')
  assert.equal((await sign(pem(rsa.privateKey), { algorithm: 'PS256' })).alg, 'PS256')
  assert.equal((await sign(rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString())).alg, 'RS256')
  assert.equal((await sign(ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString())).alg, 'ES256')
  assert.equal((await sign(pem(generateKeyPairSync('ed25519').privateKey))).alg, 'EdDSA')
  const jwk = JSON.stringify({ ...ec.privateKey.export({ format: 'jwk' }), kid: 'own', alg: 'ES256' })
  assert.deepEqual(await sign(jwk), { alg: 'ES256', typ: 'JWT', kid: 'own' })
})

test('the certificate of a key is named by its thumbprint', async () => {
  const signing_key = { private_key: secret(key), certificate: cert }
  const { parameters } = await authenticateClient('private_key_jwt', { client_id: 'c', signing_key }, context)
  const header = decodeProtectedHeader(parameters.client_assertion ?? '')
  const thumbprint = new X509Certificate(cert).fingerprint256.replaceAll(':', '')
  assert.equal(header['x5t#S256'], Buffer.from(thumbprint, 'hex').toString('base64url'))
})

test('a client that lacks what its method needs, or has an unusable key, is told what to add', async () => {
  const lacking = async (method: (typeof CLIENT_AUTHENTICATION_METHODS)[number], more: Partial<OAuthClient> = {}) => {
    const error = await rejection(authenticateClient(method, { client_id: 'c', ...more }, context))
    assert.equal(error.code, 'refused_value')
    assert.equal(error.verdict, 'integration_broken')
    assert.ok(!JSON.stringify([error.message, error.stack, error.cause]).includes('canary'))
    return error.field
  }
  assert.equal(await lacking('client_secret_basic'), 'client_secret')
  assert.equal(await lacking('client_secret_post'), 'client_secret')
  assert.equal(await lacking('private_key_jwt'), 'signing_key')
  assert.equal(await lacking('tls_client_auth'), 'client_certificate')
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  for (const private_key of ['canary', '{"kty":"canary', '{"kty":"RSA","d":"canary"}', '', pem(weak)]) {
    assert.equal(await lacking('private_key_jwt', { signing_key: { private_key: secret(private_key) } }), 'private_key')
  }
  const mismatch = { private_key: secret(pem(ec.privateKey)), algorithm: 'RS256' }
  assert.equal(await lacking('private_key_jwt', { signing_key: mismatch }), 'private_key')
})
