import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { consent, enterUserCode, startGrantStandIn, startOAuth1Lab } from '@sluice/lab'
import { startServer } from '../fixtures/local-server.ts'
import { rejection } from '../fixtures/token-requests.ts'
import { TOKEN_TYPES } from '../grants/token-exchange.ts'
import { compileProvider } from '../provider/compile-provider.ts'
import { secret } from '../secret.ts'
import {
  flowProvider,
  issuerProvider,
  plainFlowSpec,
  startConversations,
  watchedFetch,
} from '../testing/conversation-setup.ts'
import { DEVELOPMENT, REDIRECT_URI } from '../testing/lab-client.ts'
import type { ClientRegistrationData } from './client-options.ts'
import { type Conversation, createOAuthClient } from './create-oauth-client.ts'
import { createMetadataCache } from './metadata-cache.ts'

const start = { redirect_uri: REDIRECT_URI, config: {} }

/** From the authorization request to the tokens, with what must be kept in between gone through JSON. */
async function authorize(conversation: Conversation) {
  const started = await conversation.startAuthorization(start)
  const redirect = await consent(started.url, { decision: 'allow' })
  const kept = secret(JSON.parse(JSON.stringify(started.kept.reveal())))
  const grant = await conversation.completeAuthorization({ kept, parameters: redirect.searchParams, config: {} })
  return { started, redirect, grant }
}

function signingKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    private_key: secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    jwks: { keys: [publicKey.export({ format: 'jwk' })] as never },
  }
}

test('metadata turns on for an unmodified Flow spec what the server offers', async (t) => {
  const { lab, converse, addClient, watched } = await startConversations(t, { standards: ['pushed_requests_only'] })
  const conversation = converse(flowProvider(plainFlowSpec(lab.origin)), addClient(), { issuer: lab.origin })
  const { started, redirect, grant } = await authorize(conversation)

  assert.deepEqual([...new URL(started.url).searchParams.keys()].sort(), ['client_id', 'request_uri'])
  assert.ok(started.expires_at)
  const [pushed] = watched.to('/request')
  const asked = new URLSearchParams(pushed?.body ?? '')
  assert.equal(asked.get('code_challenge_method'), 'S256')
  assert.match(asked.get('nonce') ?? '', /^[\w-]{22}$/)
  assert.equal(asked.getAll('client_id').length, 1)
  assert.equal(redirect.searchParams.get('iss'), lab.origin)
  assert.match(new URLSearchParams(watched.to('/token')[0]?.body ?? '').get('code_verifier') ?? '', /^[\w-]{43}$/)
  assert.ok(grant.identity.status === 'valid')
  assert.equal(grant.identity.claims.sub, 'alice')
  assert.deepEqual(grant.ungranted_scopes, [])
  assert.deepEqual(Object.keys(grant.credentials.reveal()), ['access_token', 'refresh_token'])

  const { refresh_token, access_token } = grant.tokens
  const refreshed = await conversation.refresh({ refresh_token, config: {} })
  assert.notEqual(refreshed.tokens.access_token.reveal(), access_token.reveal())
  assert.equal((await conversation.introspect({ access_token, config: {} })).active, true)
  const revoked = await conversation.revoke({ access_token, refresh_token, config: {} })
  assert.deepEqual(
    revoked.map(({ token, status }) => [token, status]),
    [
      ['refresh_token', 'revoked'],
      ['access_token', 'revoked'],
    ],
  )
  assert.deepEqual(await conversation.introspect({ access_token, config: {} }), { active: false })
  const dead = await rejection(conversation.refresh({ refresh_token, config: {} }))
  assert.equal(dead.verdict, 'reauthorize')
  assert.equal(watched.sent.filter(({ url }) => url.includes('/.well-known/')).length, 1)
})

test('a spec may name the issuer itself, in Flow by its extension', async (t) => {
  const { lab, converse, addClient, watched } = await startConversations(t)
  const provider = flowProvider({ ...plainFlowSpec(lab.origin), 'x-sluice': { issuer: lab.origin } })
  const { grant } = await authorize(converse(provider, addClient()))
  assert.equal(grant.identity.status, 'valid')
  assert.equal(watched.to('/request').length, 1)
})

test('a declaration of an issuer alone is enough: endpoints come from the metadata', async (t) => {
  const { lab, converse, addClient } = await startConversations(t)
  const conversation = converse(issuerProvider(lab.origin), addClient())
  const { grant } = await authorize(conversation)
  const { refresh_token } = grant.tokens
  assert.ok(grant.credentials.reveal().access_token_expires_at)
  assert.ok((await conversation.refresh({ refresh_token, config: {} })).tokens.access_token)
})

test('S9 a response of another issuer is refused before the code is sent anywhere, and so is an error of another', async (t) => {
  const { lab, converse, addClient } = await startConversations(t)
  const conversation = converse(flowProvider(plainFlowSpec(lab.origin)), addClient(), { issuer: lab.origin })
  for (const iss of ['https://attacker.example', `${lab.origin}/`, null]) {
    for (const [name, value] of [
      ['code', 'stolen'],
      ['error', 'access_denied'],
    ] as const) {
      const { kept, state } = await conversation.startAuthorization(start)
      const parameters = new URLSearchParams({ state, [name]: value, ...(iss !== null && { iss }) })
      const error = await rejection(conversation.completeAuthorization({ kept, parameters, config: {} }))
      assert.equal(error.code, 'issuer_mismatch')
    }
  }
  assert.equal(lab.token_requests, 0)
})

test('S53 when a push fails nothing is sent by the browser instead', async (t) => {
  const local = await startServer(t, (request, response) => {
    response.setHeader('content-type', 'application/json')
    if (!request.url?.startsWith('/.well-known/')) return void response.writeHead(503).end('{}')
    const { origin } = local
    const endpoints = { authorization_endpoint: `${origin}/auth`, token_endpoint: `${origin}/token` }
    response.end(
      JSON.stringify({ issuer: origin, ...endpoints, pushed_authorization_request_endpoint: `${origin}/request` }),
    )
  })
  const { fetch } = watchedFetch()
  const metadata = createMetadataCache({ fetch, ...DEVELOPMENT })
  const client = { client_id: 'c', client_secret: secret('s') }
  const provider = flowProvider(plainFlowSpec(local.origin))
  const conversation = createOAuthClient({ provider, client, issuer: local.origin, fetch, metadata })
  const error = await rejection(conversation.startAuthorization(start))
  assert.equal(error.verdict, 'transient')
})

test('metadata that is announced and cannot be had stops the start, and is asked for again', async (t) => {
  let status = 503
  const local = await startServer(t, (_request, response) => {
    const { origin } = local
    const metadata = { issuer: origin, authorization_endpoint: `${origin}/auth`, token_endpoint: `${origin}/token` }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(metadata))
  })
  const { fetch } = watchedFetch()
  const clock = { now: Date.now() }
  const now = () => new Date(clock.now)
  const metadata = createMetadataCache({ fetch, now, max_age: 60, ...DEVELOPMENT })
  const client = { client_id: 'c', client_secret: secret('s') }
  const provider = flowProvider(plainFlowSpec(local.origin))
  const conversation = createOAuthClient({ provider, client, issuer: local.origin, fetch, metadata, now })
  assert.equal((await rejection(conversation.startAuthorization(start))).verdict, 'transient')
  status = 200
  await Promise.all([conversation.startAuthorization(start), conversation.startAuthorization(start)])
  assert.equal(local.requests.length, 2)
  clock.now += 61_000
  status = 503
  assert.ok((await conversation.startAuthorization(start)).url)
  assert.equal(local.requests.length, 3)
  clock.now += 86_400_000
  assert.equal((await rejection(conversation.startAuthorization(start))).verdict, 'transient')
})

test('S52 tokens are bound to a key where the server offers it, through refresh, and a lost key asks for a new start', async (t) => {
  const { lab, converse, addClient } = await startConversations(t, { standards: ['dpop', 'dpop_nonce'] })
  const conversation = converse(issuerProvider(lab.origin), addClient())
  const { grant } = await authorize(conversation)
  assert.equal(grant.tokens.token_type, 'DPoP')
  const { refresh_token } = grant.tokens
  const refreshed = await conversation.refresh({ refresh_token, dpop: grant.dpop, config: {} })
  assert.equal(refreshed.tokens.token_type, 'DPoP')
  const lost = { private_key: secret(''), thumbprint: grant.dpop?.thumbprint ?? '' }
  const error = await rejection(conversation.refresh({ refresh_token, dpop: lost, config: {} }))
  assert.deepEqual([error.code, error.verdict], ['dpop_key_lost', 'reauthorize'])

  const never = converse(issuerProvider(lab.origin), addClient(), { dpop: 'never' })
  assert.equal((await authorize(never)).grant.tokens.token_type, 'Bearer')
})

test('S29 a client with a key proves itself by it where the spec writes a secret, and by nothing else', async (t) => {
  const { lab, converse, addClient, watched } = await startConversations(t, { standards: ['client_assertions'] })
  const { jwks, private_key } = signingKey()
  const { client_id } = addClient({ token_endpoint_auth_method: 'private_key_jwt', jwks })
  const client: ClientRegistrationData = { client_id, signing_key: { private_key } }
  const conversation = converse(flowProvider(plainFlowSpec(lab.origin)), client, { issuer: lab.origin })
  const { grant } = await authorize(conversation)
  const { refresh_token } = grant.tokens
  await conversation.refresh({ refresh_token, config: {} })
  for (const request of [...watched.to('/request'), ...watched.to('/token')]) {
    const form = new URLSearchParams(request.body ?? '')
    assert.equal(form.getAll('client_assertion').length, 1)
    assert.deepEqual([form.has('client_secret'), request.headers.authorization], [false, undefined])
  }
  const assertions = watched.to('/token').map(({ body }) => new URLSearchParams(body ?? '').get('client_assertion'))
  assert.equal(new Set(assertions).size, 2)
})

test('S29 an integration may choose the method: Basic where the spec posts the secret, or a public client', async (t) => {
  const { lab, converse, addClient, watched } = await startConversations(t, { standards: ['client_assertions'] })
  const provider = flowProvider(plainFlowSpec(lab.origin))
  const basic = addClient({ token_endpoint_auth_method: 'client_secret_basic' })
  await authorize(
    converse(provider, { ...basic, token_endpoint_auth_method: 'client_secret_basic' }, { issuer: lab.origin }),
  )
  const [sent] = watched.to('/token')
  assert.match(sent?.headers.authorization ?? '', /^Basic /)
  assert.equal(new URLSearchParams(sent?.body ?? '').has('client_secret'), false)

  const { client_id } = addClient({ token_endpoint_auth_method: 'none' })
  const { grant } = await authorize(
    converse(provider, { client_id, token_endpoint_auth_method: 'none' }, { issuer: lab.origin }),
  )
  assert.ok(grant.tokens.refresh_token)
})

test('resource indicators go with every request', async (t) => {
  const { lab, converse, addClient, watched } = await startConversations(t, { standards: ['resource_indicators'] })
  const resource = [`${lab.origin}/api`]
  const conversation = converse(flowProvider(plainFlowSpec(lab.origin, 'orders:read offline_access')), addClient(), {
    issuer: lab.origin,
    resource,
  })
  const { grant } = await authorize(conversation)
  const { refresh_token } = grant.tokens
  await conversation.refresh({ refresh_token, config: {} })
  for (const { body } of watched.to('/token')) {
    assert.deepEqual(new URLSearchParams(body ?? '').getAll('resource'), resource)
  }
})

test('a person signs in by device code where the metadata offers it', async (t) => {
  const { lab, converse, addClient } = await startConversations(t, { standards: ['device_code'] })
  const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
  const client = addClient({ grant_types: [DEVICE, 'refresh_token'], response_types: [] })
  const conversation = converse(issuerProvider(lab.origin), client)
  const device = await conversation.startDeviceAuthorization({ config: {} })
  const grant = await conversation.pollDevice({
    device,
    config: {},
    wait: async () => {
      await enterUserCode(device.verification_uri, device.user_code, { decision: 'allow' })
    },
  })
  assert.ok(grant.credentials.reveal().refresh_token)
  const plain = converse(flowProvider(plainFlowSpec('https://as.example.com')), client)
  assert.equal((await rejection(plain.startDeviceAuthorization({ config: {} }))).code, 'not_offered')
})

test('a client gets a token for itself where metadata is all that is known', async (t) => {
  const { lab, converse, addClient } = await startConversations(t, { standards: ['client_credentials'] })
  const client = addClient({ grant_types: ['client_credentials'], redirect_uris: [], response_types: [] })
  const scopes = { scope: ['orders:read'] }
  const conversation = converse(issuerProvider(lab.origin), client, { scopes })
  const { tokens } = await conversation.clientCredentials({ config: {} })
  assert.deepEqual([tokens.scope, tokens.refresh_token], ['orders:read', null])
})

test('assertions and other tokens buy tokens at the endpoint that the spec names', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const private_key = secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  const standIn = await startGrantStandIn({
    clients: { 'client-1': 's3cret' },
    assertion_keys: new Map([['client-1', { kid: 'k1', key: publicKey }]]),
    exchangeable_tokens: { t1: { token_type: TOKEN_TYPES.access_token, subject: 'alice' } },
    audiences: ['https://api.example.com'],
  })
  t.after(() => standIn.close())
  const { fetch } = watchedFetch()
  const metadata = createMetadataCache({ fetch, ...DEVELOPMENT })
  const provider = flowProvider(plainFlowSpec(standIn.origin))
  const signing_key = { private_key, key_id: 'k1' }
  const client = { client_id: 'client-1', client_secret: secret('s3cret'), signing_key }
  const conversation = createOAuthClient({ provider, client, fetch, metadata })

  const { tokens } = await conversation.jwtBearer({ subject: 'bob', scope: 'read', config: {} })
  assert.equal(standIn.issued.get(tokens.access_token.reveal())?.subject, 'bob')
  const exchanged = await conversation.exchangeToken({
    subject: { token: secret('t1'), token_type: TOKEN_TYPES.access_token },
    audience: 'https://api.example.com',
    config: {},
  })
  assert.equal(standIn.issued.get(exchanged.access_token.reveal())?.subject, 'alice')
})

test('OAuth 1.0a is the same conversation', async (t) => {
  const lab = await startOAuth1Lab()
  t.after(() => lab.close())
  const provider = compileProvider(
    {
      provider: 'lab',
      oauth1: {
        temporary_credentials_url: `${lab.origin}/oauth1/initiate`,
        authorization_url: `${lab.origin}/oauth1/authorize`,
        token_credentials_url: `${lab.origin}/oauth1/token`,
      },
    },
    { allow_loopback: true },
  )
  const { fetch } = watchedFetch()
  const metadata = createMetadataCache({ fetch, ...DEVELOPMENT })
  const state = 'a-state-of-our-own'
  const registered = lab.addClient({ callback: REDIRECT_URI })
  const client = { client_id: registered.client_id, client_secret: secret(registered.client_secret) }
  const conversation = createOAuthClient({ provider, client, fetch, metadata })

  const started = await conversation.startAuthorization({ ...start, state })
  const redirect = await consent(started.url, { decision: 'allow' })
  const other = new URLSearchParams(redirect.searchParams)
  other.set('state', 'another')
  const mixed = conversation.completeAuthorization({ kept: started.kept, parameters: other, config: {} })
  assert.equal((await rejection(mixed)).code, 'state_mismatch')
  const { kept } = started
  const grant = await conversation.completeAuthorization({ kept, parameters: redirect.searchParams, config: {} })
  assert.deepEqual(Object.keys(grant.credentials.reveal()).sort(), ['oauth_token', 'oauth_token_secret', 'user_id'])
  assert.equal((await rejection(conversation.refresh({ config: {} }))).code, 'not_offered')
})
