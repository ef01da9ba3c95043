import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { refusal, rejection } from '../fixtures/token-requests.ts'
import { buildStandardIntrospectionRequest, readIntrospectionResponse } from '../introspection.ts'
import { secret } from '../secret.ts'
import { startLabFor } from '../testing/lab-client.ts'
import { buildClientCredentialsGrant } from './client-credentials.ts'
import { checkResources, type StandardClient } from './endpoint-request.ts'
import { readGrantResponse } from './read-grant-response.ts'

const phase = 'client_credentials'
const ONLY = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }

test('a client gets a token for itself by each way to prove itself, and by a wrong one none', async (t) => {
  const { send, server, addClient } = await startLabFor(t, { standards: ['client_credentials', 'client_assertions'] })
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1' }] as never }
  const private_key = secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  const clients: StandardClient[] = [
    addClient(ONLY),
    addClient(ONLY, { token_endpoint_auth_method: 'client_secret_post' }),
    addClient(
      { ...ONLY, token_endpoint_auth_method: 'client_secret_jwt' },
      { token_endpoint_auth_method: 'client_secret_jwt' },
    ),
    addClient(
      { ...ONLY, token_endpoint_auth_method: 'private_key_jwt', jwks },
      { token_endpoint_auth_method: 'private_key_jwt', signing_key: { private_key, key_id: 'k1' } },
    ),
  ]
  for (const client of clients) {
    const response = await send(await buildClientCredentialsGrant(server, client, { scope: 'customers:read' }))
    const tokens = readGrantResponse(response, { now: new Date(), phase })
    assert.equal(tokens.scope, 'customers:read', client.token_endpoint_auth_method)
    assert.equal(tokens.refresh_token, null)
  }

  const [basic] = clients
  assert.ok(basic)
  const wrong = await send(await buildClientCredentialsGrant(server, { ...basic, client_secret: secret('wrong') }))
  const refused = refusal(() => readGrantResponse(wrong, { now: new Date(), phase }))
  assert.deepEqual([refused.code, refused.verdict], ['invalid_client', 'integration_broken'])
})

test('a private_key_jwt assertion serves once, so each request carries a new one', async (t) => {
  const { send, server, addClient } = await startLabFor(t, { standards: ['client_credentials', 'client_assertions'] })
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwks = { keys: [publicKey.export({ format: 'jwk' })] as never }
  const client = addClient(
    { ...ONLY, token_endpoint_auth_method: 'private_key_jwt', jwks },
    {
      token_endpoint_auth_method: 'private_key_jwt',
      signing_key: { private_key: secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()) },
    },
  )
  const request = await buildClientCredentialsGrant(server, client)
  assert.equal((await send(request)).status, 200)
  assert.equal((await send(request)).status, 401)
  assert.equal((await send(await buildClientCredentialsGrant(server, client))).status, 200)
})

test('a resource indicator makes the token good for that resource alone', async (t) => {
  const { lab, send, server, addClient } = await startLabFor(t, {
    standards: ['client_credentials', 'resource_indicators'],
  })
  const client = addClient(ONLY)
  const resource = `${lab.origin}/api`
  const response = await send(await buildClientCredentialsGrant(server, client, { resource, scope: 'orders:read' }))
  const tokens = readGrantResponse(response, { now: new Date(), phase })
  const request = await buildStandardIntrospectionRequest(server, client, { token: tokens.access_token })
  const known = readIntrospectionResponse(await send(request))
  assert.equal(known.active && known.audience[0], resource)

  const other = await send(await buildClientCredentialsGrant(server, client, { resource: 'https://other.example.com' }))
  const refused = refusal(() => readGrantResponse(other, { now: new Date(), phase }))
  assert.equal(refused.provider_error?.error, 'invalid_target')
  for (const bad of ['/api', 'https://a.example.com/#x', ''])
    assert.equal(refusal(() => checkResources(bad)).field, 'resource')
})

test('a server without token endpoint is told so', async () => {
  const client: StandardClient = { client_id: 'c', client_secret: secret('s'), token_endpoint_auth_method: 'none' }
  const error = await rejection(buildClientCredentialsGrant({ issuer: 'https://as.example.com' }, client))
  assert.deepEqual([error.code, error.field], ['not_offered', 'token_endpoint'])
})
