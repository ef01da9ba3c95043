import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consent } from '@sluice/lab'
import { secret } from '@sluice/oauth'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createIntegration } from '../integrations/create-integration.ts'
import { relayUrl } from '../integrations/integration-record.ts'
import { createLink, startAuthorization } from '../testing/connect-story.ts'
import { createTestBrowser, readJson } from '../testing/test-browser.ts'
import { startTestServer, type TestServerOptions } from '../testing/test-server.ts'

const OWN_REDIRECT_URI = 'https://app.customer.example/oauth/callback'

/** A person at the provider, of an integration whose customer fronts the callback. */
async function atCustomersCallback(t: Parameters<typeof startTestServer>[0], options: TestServerOptions = {}) {
  const server = await startTestServer(t, options)
  const key = await generateKeyPair('EdDSA', { extractable: true })
  const { client_id, client_secret } = server.lab.addClient({ redirect_uris: [OWN_REDIRECT_URI] })
  const integration = await createIntegration(server.services, {
    tenant_id: server.tenant_id,
    connector_id: 'source-lab',
    client_id,
    client_secret: secret(client_secret),
    relay: { redirect_uri: OWN_REDIRECT_URI, public_key: { ...(await exportJWK(key.publicKey)) } },
  })
  const link = await createLink(server, { integration_id: integration.id, end_user: { id: 'person-1' } })
  const browser = createTestBrowser(server.base_url)
  const callback = await consent(await startAuthorization(browser, link), { decision: 'allow' })
  const audience = relayUrl(server.services.base_url, integration.id)

  interface Signing {
    sub?: string | null
    response?: string
    aud?: string
    iat?: number
    typ?: string
    by?: Awaited<ReturnType<typeof generateKeyPair>>['privateKey']
  }
  const sign = ({ sub = 'person-1', response, aud = audience, iat, typ, by }: Signing = {}) =>
    new SignJWT({ response: response ?? callback.search.slice(1), ...(sub !== null && { sub }) })
      .setProtectedHeader({ alg: 'EdDSA', typ: typ ?? 'sluice-relay+jwt' })
      .setAudience(aud)
      .setIssuedAt(iat)
      .sign(by ?? key.privateKey)
  const { pathname } = new URL(audience)
  const bring = async (signed: string, from = browser) =>
    from.open(`${pathname}?${new URLSearchParams({ response: signed })}`)
  const post = async (signed: string) => server.api('POST', pathname, { response: signed }, null)
  return { server, integration, link, browser, callback, sign, bring, post }
}

async function refusal(response: Response) {
  assert.equal(response.status, 400)
  return /\((\w+)\)<\/p>/.exec(await response.text())?.[1]
}

test('the provider returns to the customer’s domain, and what their server signs finishes it in the browser', async (t) => {
  const { callback, browser, sign, bring, link, server } = await atCustomersCallback(t)
  assert.equal(callback.origin + callback.pathname, OWN_REDIRECT_URI)
  const signed = await sign()
  const response = await bring(signed)
  assert.equal(response.status, 303)
  assert.equal(new URL(response.headers.get('location') ?? '').search, '')
  assert.equal((await readJson(await browser.open(`${link.path}/session`))).status, 'completed')
  assert.equal(await refusal(await bring(signed)), 'unknown_state')
  assert.equal(server.lab.token_requests, 1)
})

test('S5 with a relay too: another browser, or another person in it, finishes nothing', async (t) => {
  const { server, sign, bring, post, browser } = await atCustomersCallback(t)
  assert.equal(await refusal(await bring(await sign(), createTestBrowser(server.base_url))), 'other_browser')
  assert.equal(await refusal(await bring(await sign({ sub: 'victim' }))), 'other_person')
  assert.equal(await refusal(await bring(await sign({ sub: null }))), 'other_person')
  assert.equal((await post(await sign({ sub: 'victim' }))).body.code, 'other_person')
  assert.equal((await post(await sign({ sub: null }))).body.code, 'person_missing')
  assert.equal(server.lab.token_requests, 0)
  assert.equal((await bring(await sign(), browser)).status, 303)
})

test('from server to server the signed word for the person is the proof, and works once', async (t) => {
  const { server, link, sign, post } = await atCustomersCallback(t)
  const signed = await sign()
  const answers = await Promise.all([post(signed), post(signed), post(signed)])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400, 400])
  const done = answers.find(({ status }) => status === 200)?.body
  assert.deepEqual(done, { connect_session_id: link.session_id, status: 'completed', error: null })
  assert.equal(server.lab.token_requests, 1)
})

test('a relayed response that is old, of the future, for elsewhere, of another kind or key is refused', async (t) => {
  const { server, callback, sign, post, bring } = await atCustomersCallback(t)
  const now = Math.floor(Date.now() / 1000)
  const stranger = await generateKeyPair('EdDSA')
  const wrong = [
    await sign({ iat: now - 120 }),
    await sign({ iat: now + 120 }),
    await sign({ aud: 'https://sluice.example/oauth/relay/other' }),
    await sign({ typ: 'JWT' }),
    await sign({ by: stranger.privateKey }),
    `${(await sign()).slice(0, -4)}AAAA`,
    'eyJhbGciOiJub25lIn0.e30.',
    'x',
  ]
  for (const signed of wrong) {
    assert.equal((await post(signed)).body.code, 'relay_refused')
    assert.equal(await refusal(await bring(signed)), 'relay_refused')
  }
  const state = callback.searchParams.get('state') ?? ''
  assert.equal((await post(await sign({ response: `state=${state}&state=${state}&code=x` }))).body.code, 'malformed')
  assert.equal(server.lab.token_requests, 0)
})

test('S6 a response for a relayed integration is not taken at our own callback, nor the other way round', async (t) => {
  const { server, integration, browser, callback, sign, post } = await atCustomersCallback(t)
  const direct = await browser.open(`/oauth/callback/${integration.id}${callback.search}`)
  assert.equal(await refusal(direct), 'other_integration')

  const ordinary = await createLink(server, { integration_id: server.integration.id, end_user: { id: 'person-1' } })
  const own = await consent(await startAuthorization(browser, ordinary), { decision: 'allow' })
  assert.equal((await post(await sign({ response: own.search.slice(1) }))).body.code, 'other_integration')
  assert.equal(server.lab.token_requests, 0)
})

test('only public keys are registered for a relay', async (t) => {
  const server = await startTestServer(t)
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const create = (public_key: object) =>
    server.api('POST', '/v1/integrations', {
      connector_id: 'source-lab',
      client_id: 'c',
      client_secret: 's',
      relay: { redirect_uri: OWN_REDIRECT_URI, public_key },
    })
  const jwk = await exportJWK(publicKey)
  for (const key of [await exportJWK(privateKey), { kty: 'oct', k: 'c2VjcmV0' }, { ...jwk, x: 'AA' }, {}]) {
    const { status, body } = await create(key)
    assert.deepEqual([status, body.code], [422, 'invalid_relay_key'])
  }
  const { body } = await create(jwk)
  assert.equal(body.redirect_uri, OWN_REDIRECT_URI)
  assert.equal(body.relay_url, `${server.base_url}/oauth/relay/${body.id}`)
})
