import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import { consent, type Lab, type LabClient, startLab } from './index.ts'
import { authorize, discover, getApi, refresh, requestTokens, revoke, startAuthorization } from './test-client.ts'

let lab: Lab
let client: LabClient
before(async () => {
  lab = await startLab()
})
after(() => lab.close())
const newClient = () => lab.addClient({ client_name: 'Acme & <Sons>', redirect_uris: ['http://localhost:9/callback'] })

test('a person who allows the request gives the client tokens that the demo API takes', async () => {
  client = newClient()
  const tokens = await authorize(lab, client)
  assert.equal(tokens.expires_in, 3600)
  assert.equal(tokens.scope, 'customers:read orders:read offline_access')
  const { body } = await getApi(lab, '/api/me', tokens.access_token)
  assert.deepEqual(body, {
    account: { id: 'alice', name: 'Alice Archer', email: 'alice@lab.example' },
    client_id: client.client_id,
    scopes: ['customers:read', 'orders:read', 'offline_access'],
  })
})

test('the same client is asked again, and another person may answer', async () => {
  client = newClient()
  await authorize(lab, client)
  const tokens = await authorize(lab, client, { account: 'bob' })
  const { body } = await getApi(lab, '/api/me', tokens.access_token)
  assert.equal(body.account.id, 'bob')
})

test('client authentication by Basic and by post is accepted, a wrong secret is not', async () => {
  for (const authenticate of [oauth.ClientSecretBasic, oauth.ClientSecretPost]) {
    client = newClient()
    const attempt = await startAuthorization(lab, client)
    const redirect = await consent(attempt.url, { decision: 'allow' })
    assert.ok((await requestTokens(attempt, client, redirect, authenticate)).refresh_token)
  }
  const attempt = await startAuthorization(lab, client)
  const redirect = await consent(attempt.url, { decision: 'allow' })
  await assert.rejects(requestTokens(attempt, { ...client, client_secret: 'wrong' }, redirect), {
    error: 'invalid_client',
  })
})

test('a person who denies the request sends access_denied, the state and the issuer to the client', async () => {
  client = newClient()
  const attempt = await startAuthorization(lab, client)
  const redirect = await consent(attempt.url, { decision: 'deny' })
  assert.equal(redirect.origin + redirect.pathname, 'http://localhost:9/callback')
  assert.equal(redirect.searchParams.get('error'), 'access_denied')
  assert.equal(redirect.searchParams.get('state'), attempt.state)
  assert.equal(redirect.searchParams.get('iss'), lab.origin)
  assert.equal(redirect.searchParams.has('code'), false)
})

test('a request without PKCE, or with its plain method, is refused at the redirect URI', async () => {
  client = newClient()
  for (const change of [
    (search: URLSearchParams) => search.delete('code_challenge'),
    (search: URLSearchParams) => search.set('code_challenge_method', 'plain'),
  ]) {
    const { url } = await startAuthorization(lab, client)
    change(url.searchParams)
    const redirect = await consent(url, { decision: 'allow' })
    assert.equal(redirect.searchParams.get('error'), 'invalid_request')
  }
})

test('a code is exchanged once, with the verifier that it was asked for', async () => {
  client = newClient()
  const attempt = await startAuthorization(lab, client)
  const redirect = await consent(attempt.url, { decision: 'allow' })
  const other = { ...attempt, code_verifier: oauth.generateRandomCodeVerifier() }
  await assert.rejects(requestTokens(other, client, redirect), { error: 'invalid_grant' })

  const second = await startAuthorization(lab, client)
  const secondRedirect = await consent(second.url, { decision: 'allow' })
  await requestTokens(second, client, secondRedirect)
  await assert.rejects(requestTokens(second, client, secondRedirect), { error: 'invalid_grant' })
})

test('an unknown client and a foreign redirect URI end on a page of the lab', async () => {
  client = newClient()
  const { url } = await startAuthorization(lab, client)
  url.searchParams.set('redirect_uri', 'http://localhost:9/other')
  await assert.rejects(consent(url, { decision: 'allow' }), { code: 'consent_failed', message: /400 .*redirect_uri/ })
  url.searchParams.set('client_id', '<script>')
  await assert.rejects(consent(url, { decision: 'allow' }), { code: 'consent_failed', message: /invalid_client/ })
})

test('a refresh gives a new access token and, without rotation, the same refresh token', async () => {
  client = newClient()
  const tokens = await authorize(lab, client)
  const fresh = await refresh(lab, client, tokens.refresh_token)
  assert.notEqual(fresh.access_token, tokens.access_token)
  assert.equal(fresh.refresh_token, tokens.refresh_token)
  assert.equal((await getApi(lab, '/api/me', fresh.access_token)).status, 200)
})

test('no refresh token comes without offline_access', async () => {
  client = newClient()
  const tokens = await authorize(lab, client, { scope: 'orders:read' })
  assert.equal(tokens.scope, 'orders:read')
  assert.equal(tokens.refresh_token, undefined)
})

test('with rotation each refresh gives a new refresh token, and reuse of an old one ends the grant', async () => {
  const rotating = await startLab({ rotation: 'always' })
  try {
    client = rotating.addClient()
    const tokens = await authorize(rotating, client)
    const fresh = await refresh(rotating, client, tokens.refresh_token)
    assert.notEqual(fresh.refresh_token, tokens.refresh_token)
    await assert.rejects(refresh(rotating, client, tokens.refresh_token), { error: 'invalid_grant' })
    await assert.rejects(refresh(rotating, client, fresh.refresh_token), { error: 'invalid_grant' })
    assert.equal((await getApi(rotating, '/api/me', fresh.access_token)).status, 401)
  } finally {
    await rotating.close()
  }
})

test('a revoked refresh token ends the grant', async () => {
  client = newClient()
  const tokens = await authorize(lab, client)
  await revoke(lab, client, tokens.refresh_token ?? '')
  await assert.rejects(refresh(lab, client, tokens.refresh_token), { error: 'invalid_grant' })
  assert.equal((await getApi(lab, '/api/me', tokens.access_token)).status, 401)
})

test('introspection tells a client about its own tokens only', async () => {
  client = newClient()
  const { access_token } = await authorize(lab, client)
  const introspect = async ({ client_id, client_secret }: LabClient) => {
    const authenticate = oauth.ClientSecretBasic(client_secret)
    const options = { [oauth.allowInsecureRequests]: true }
    const server = await discover(lab)
    const response = await oauth.introspectionRequest(server, { client_id }, authenticate, access_token, options)
    return oauth.processIntrospectionResponse(server, { client_id }, response)
  }
  assert.equal((await introspect(client)).active, true)
  assert.equal((await introspect(newClient())).active, false)
})

test('the metadata names what the lab supports', async () => {
  const metadata = await discover(lab)
  assert.equal(metadata.issuer, lab.origin)
  assert.equal(metadata.authorization_endpoint, `${lab.origin}/auth`)
  assert.equal(metadata.token_endpoint, `${lab.origin}/token`)
  assert.equal(metadata.authorization_response_iss_parameter_supported, true)
  assert.deepEqual(metadata.code_challenge_methods_supported, ['S256'])
  assert.deepEqual(metadata.token_endpoint_auth_methods_supported, ['client_secret_basic', 'client_secret_post'])
})
