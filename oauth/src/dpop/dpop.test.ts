import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { decodeJwt, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from 'jose'
import { getJson } from '../discovery/discover-server.ts'
import { startServer } from '../fixtures/local-server.ts'
import { refusal, rejection } from '../fixtures/token-requests.ts'
import { buildRefreshTokenGrant } from '../grants/authorization-code.ts'
import { readGrantResponse } from '../grants/read-grant-response.ts'
import { createSender } from '../grants/sender.ts'
import { createGuardedFetch } from '../guarded-fetch.ts'
import { buildStandardIntrospectionRequest, readIntrospectionResponse } from '../introspection.ts'
import { secret } from '../secret.ts'
import { authorize } from '../testing/lab-authorization.ts'
import { startLabFor } from '../testing/lab-client.ts'
import { createDpopKey, loadDpopKey } from './dpop-key.ts'
import { createDpopProof } from './dpop-proof.ts'
import { createDpopSender } from './dpop-sender.ts'
import { requireDpopBound } from './require-dpop-bound.ts'

const now = new Date()

test('a proof names method, address, access token and nonce, and is signed by the key that it shows', async () => {
  const key = await createDpopKey()
  const access_token = secret('at')
  const url = 'https://api.example.com/v1/items?page=2'
  const proof = await createDpopProof(key, { method: 'GET', url, access_token, nonce: 'n-1', now })
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', currentDate: now })
  assert.deepEqual(Object.keys(protectedHeader.jwk ?? {}).sort(), ['crv', 'kty', 'x', 'y'])
  const { jti, iat, ...rest } = payload
  assert.deepEqual(rest, {
    htm: 'GET',
    htu: 'https://api.example.com/v1/items',
    ath: createHash('sha256').update('at').digest('base64url'),
    nonce: 'n-1',
  })
  assert.equal(iat, Math.floor(now.getTime() / 1000))
  const second = decodeJwt(await createDpopProof(key, { method: 'POST', url, now }))
  assert.notEqual(second.jti, jti)
  assert.deepEqual(['ath' in second, 'nonce' in second], [false, false])
})

test('keys are made by an algorithm that the server takes, and come back from storage', async () => {
  for (const algorithm of ['ES256', 'ES384', 'EdDSA', 'PS256']) {
    const key = await createDpopKey([algorithm, 'XX'])
    const kept = await loadDpopKey(secret(key.private_key.reveal()), key.thumbprint)
    const header = decodeProtectedHeader(
      await createDpopProof(kept, { method: 'GET', url: 'https://a.example.com', now }),
    )
    assert.equal(header.alg, algorithm)
    assert.ok(!('d' in (header.jwk ?? {})))
    assert.ok(!JSON.stringify(key).includes('"d"'))
  }
  assert.equal((await rejection(createDpopKey(['HS256']))).code, 'not_offered')
})

test('S52 a key that is lost, unreadable or another asks for a new authorization', async () => {
  const { private_key, thumbprint } = await createDpopKey()
  const other = await createDpopKey()
  for (const kept of [null, secret(''), secret('{"kty":"EC"}'), other.private_key]) {
    const error = await rejection(loadDpopKey(kept, thumbprint))
    assert.deepEqual([error.code, error.verdict], ['dpop_key_lost', 'reauthorize'])
    assert.match(error.message, /Authorize again\.$/)
  }
  assert.equal((await loadDpopKey(private_key, thumbprint)).thumbprint, thumbprint)
})

test('S52 a token typed Bearer, or not at all, is refused when DPoP was promised', () => {
  const read = (token_type?: string) => {
    const response = { status: 200, headers: new Headers(), body: JSON.stringify({ access_token: 'at', token_type }) }
    return requireDpopBound(readGrantResponse(response, { now, phase: 'authorization_code' }))
  }
  assert.equal(read('DPoP').access_token.reveal(), 'at')
  assert.equal(read('dpop').access_token.reveal(), 'at')
  for (const token_type of ['Bearer', 'bearer', 'N_A', undefined]) {
    const error = refusal(() => read(token_type))
    assert.deepEqual([error.code, error.verdict, error.field], ['dpop_not_bound', 'integration_broken', 'token_type'])
    assert.match(error.message, /authorize again\.$/)
  }
})

for (const standards of [['dpop'], ['dpop', 'dpop_nonce']] as const) {
  test(`tokens are bound to the key from the code to the API, with ${standards.join(' and ')}`, async (t) => {
    const setup = await startLabFor(t, { standards: [...standards, 'client_assertions'], rotation: 'always' })
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const private_key = secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
    // An assertion serves once, so a request that is sent again for its nonce needs another.
    const client = setup.addClient(
      { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [publicKey.export({ format: 'jwk' })] as never } },
      { token_endpoint_auth_method: 'private_key_jwt', signing_key: { private_key } },
    )
    const key = await createDpopKey(setup.server.dpop_signing_alg_values_supported)
    const send = createDpopSender(setup.send, key)
    const response = await authorize(setup, client, send, {
      scope: 'openid orders:read offline_access',
      dpop_jkt: key.thumbprint,
    })
    const tokens = requireDpopBound(readGrantResponse(response, { now, phase: 'authorization_code' }))

    const userinfo = () => getJson(`${setup.lab.origin}/me`)
    const { access_token } = tokens
    assert.equal((await send(userinfo, { access_token })).status, 200)
    const thief = createDpopSender(setup.send, await createDpopKey())
    assert.equal((await thief(userinfo, { access_token })).status, 401)
    assert.equal((await createSender(setup.send)(userinfo, { access_token })).status, 401)
    const api = () => getJson(`${setup.lab.origin}/api/orders`)
    assert.equal((await createSender(setup.send)(api, { access_token })).status, 401)

    const introspection = await setup.send(
      await buildStandardIntrospectionRequest(setup.server, client, { token: access_token }),
    )
    const known = readIntrospectionResponse(introspection)
    assert.deepEqual(known.active && known.response.reveal().cnf, { jkt: key.thumbprint })

    const { refresh_token } = tokens
    assert.ok(refresh_token)
    const refreshed = await send(() => buildRefreshTokenGrant(setup.server, client, { refresh_token }))
    requireDpopBound(readGrantResponse(refreshed, { now, phase: 'refresh_token' }))
  })
}

test('a nonce is asked for once: the request is built again, sent again, and not a third time', async (t) => {
  let nonce = 0
  const local = await startServer(t, (_request, response) => {
    nonce += 1
    const headers = { 'dpop-nonce': `nonce-${nonce}`, 'content-type': 'application/json' }
    response.writeHead(400, headers).end('{"error":"use_dpop_nonce"}')
  })
  const nonces = new Map<string, string>()
  const fetch = createGuardedFetch({ allow_loopback: true })
  const send = createDpopSender(fetch, await createDpopKey(), { nonces })
  let built = 0
  const response = await send(() => {
    built += 1
    return { method: 'POST', url: `${local.origin}/token`, headers: {}, body: '' }
  })
  assert.equal(response.status, 400)
  assert.deepEqual([built, local.requests.length], [2, 2])
  const sent = local.requests.map(({ headers }) => decodeJwt(String(headers.dpop)).nonce)
  assert.deepEqual(sent, [undefined, 'nonce-1'])
  assert.deepEqual([...nonces], [[local.origin, 'nonce-2']])
})

test("a resource's challenge asks for a nonce too; without a usable nonce nothing is sent again", async (t) => {
  let header: Record<string, string> = {}
  const local = await startServer(t, (_request, response) => {
    response.writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', ...header }).end()
  })
  const send = createDpopSender(createGuardedFetch({ allow_loopback: true }), await createDpopKey())
  const ask = async () => {
    const before = local.requests.length
    await send(() => getJson(local.origin), { access_token: secret('at') })
    return local.requests.length - before
  }
  assert.equal(await ask(), 1)
  header = { 'dpop-nonce': 'a "b"' }
  assert.equal(await ask(), 1)
  header = { 'dpop-nonce': 'good' }
  assert.equal(await ask(), 2)
  assert.equal(local.requests.at(-1)?.headers.authorization, 'DPoP at')
})
