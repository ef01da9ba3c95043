import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { consent, type OAuth1Client, type OAuth1Lab, type OAuth1LabOptions, startOAuth1Lab } from '@sluice/lab'
import fc from 'fast-check'
import type { OAuthError } from '../errors.ts'
import { refusal } from '../fixtures/token-requests.ts'
import { createGuardedFetch } from '../guarded-fetch.ts'
import { secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import { compileOAuth1Plan, type OAuth1Plan } from './oauth1-plan.ts'
import { signOAuth1Request } from './sign-request.ts'
import type { SignatureMethod } from './signature.ts'
import {
  buildOAuth1AuthorizationUrl,
  buildTemporaryCredentialsRequest,
  buildTokenCredentialsRequest,
  readOAuth1AuthorizationResponse,
  readTemporaryCredentials,
  readTokenCredentials,
} from './three-legged.ts'

const fetch = createGuardedFetch({ allow_loopback: true })

function planFor(
  lab: OAuth1Lab,
  signature_method: SignatureMethod = 'HMAC-SHA1',
  realm: string | null = null,
): OAuth1Plan {
  return compileOAuth1Plan(
    {
      provider: 'lab',
      temporary_credentials_url: `${lab.origin}/oauth1/initiate`,
      authorization_url: `${lab.origin}/oauth1/authorize`,
      authorization_parameters: { scope: 'read,write', expiration: 'never' },
      token_credentials_url: `${lab.origin}/oauth1/token`,
      signature_method,
      realm,
    },
    { allow_loopback: true },
  )
}

const clientOf = ({ client_id, client_secret }: OAuth1Client) => ({ client_id, client_secret: secret(client_secret) })

async function begin(plan: OAuth1Plan, registered: OAuth1Client) {
  const { callback } = registered
  const request = buildTemporaryCredentialsRequest(plan, { ...clientOf(registered), callback })
  return readTemporaryCredentials(await fetch(request))
}

async function allow(plan: OAuth1Plan, registered: OAuth1Client) {
  const temporary = await begin(plan, registered)
  const { url } = buildOAuth1AuthorizationUrl(plan, temporary)
  const redirect = await consent(url, { decision: 'allow' })
  return { temporary, ...readOAuth1AuthorizationResponse(redirect.searchParams, temporary) }
}

async function authorize(plan: OAuth1Plan, registered: OAuth1Client) {
  const { temporary, verifier } = await allow(plan, registered)
  const request = buildTokenCredentialsRequest(plan, { ...clientOf(registered), temporary, verifier })
  return readTokenCredentials(await fetch(request))
}

let lab: OAuth1Lab
before(async () => {
  lab = await startOAuth1Lab({ realm: 'The "lab" \\' })
})
after(() => lab.close())
const REALM = 'The "lab" \\'

const variants: [SignatureMethod, OAuth1LabOptions][] = [
  ['HMAC-SHA1', { signature_methods: ['HMAC-SHA1'] }],
  ['HMAC-SHA256', { signature_methods: ['HMAC-SHA256'] }],
  ['PLAINTEXT', { signature_methods: ['PLAINTEXT'], realm: 'Photos' }],
]
for (const [method, options] of variants) {
  test(`three legs and a signed call of the API by ${method}`, async () => {
    const server = await startOAuth1Lab(options)
    try {
      const registered = server.addClient()
      const plan = planFor(server, method, options.realm ?? null)
      const { token, token_secret, response } = await authorize(plan, registered)
      assert.deepEqual(response.reveal(), { user_id: 'alice' })
      const call = { method: 'GET', url: `${server.origin}/oauth1/api/me?a=1&a=%20b`, headers: {}, body: null }
      const reply = await fetch(signOAuth1Request(plan, call, { ...clientOf(registered), token, token_secret }))
      assert.equal(reply.status, 200, reply.body)
    } finally {
      await server.close()
    }
  })
}

test('the authorization URL carries the token and the declared parameters', async () => {
  const plan = planFor(lab, 'HMAC-SHA1', REALM)
  const temporary = await begin(plan, lab.addClient())
  const { searchParams } = new URL(buildOAuth1AuthorizationUrl(plan, temporary).url)
  assert.deepEqual(Object.fromEntries(searchParams), {
    scope: 'read,write',
    expiration: 'never',
    oauth_token: temporary.token.reveal(),
  })
})

test('whatever query and form hold, the server verifies what was signed', async () => {
  const plan = planFor(lab, 'HMAC-SHA256', REALM)
  const registered = lab.addClient()
  const { token, token_secret } = await authorize(plan, registered)
  const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => value.isWellFormed())
  const pairs = fc.array(fc.tuple(text, text), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(pairs, pairs, async (query, form) => {
      const url = new URL(`${lab.origin}/oauth1/api/echo`)
      for (const [name, value] of query) url.searchParams.append(name, value)
      const call: TokenRequest = {
        method: 'POST',
        url: url.href,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: new URLSearchParams(form).toString(),
      }
      const reply = await fetch(signOAuth1Request(plan, call, { ...clientOf(registered), token, token_secret }))
      assert.equal(reply.status, 200, reply.body)
      assert.deepEqual(JSON.parse(reply.body).query, query)
    }),
    { numRuns: 50 },
  )
})

test('a JSON body is sent along and not signed', async () => {
  const plan = planFor(lab, 'HMAC-SHA1', REALM)
  const registered = lab.addClient()
  const credentials = { ...clientOf(registered), ...(await authorize(plan, registered)) }
  const call = {
    method: 'PUT',
    url: `${lab.origin}/oauth1/api/x`,
    headers: { 'content-type': 'application/json' },
    body: '{"a=b":1}',
  }
  const reply = await fetch(signOAuth1Request(plan, call, credentials))
  assert.equal(JSON.parse(reply.body).body, '{"a=b":1}')
})

test('the server refuses what is wrong, and each refusal gets its verdict', async () => {
  const plan = planFor(lab, 'HMAC-SHA1', REALM)
  const registered = lab.addClient()
  const { callback } = registered
  const ask = async (client: Parameters<typeof buildTemporaryCredentialsRequest>[1], from = plan, moment = {}) => {
    const reply = await fetch(buildTemporaryCredentialsRequest(from, client, moment))
    return refusal(() => readTemporaryCredentials(reply))
  }
  const said = (error: OAuthError) => [error.code, error.verdict, error.provider_error?.error]
  const client = clientOf(registered)

  assert.deepEqual(said(await ask({ ...client, callback, client_secret: secret('wrong') })), [
    'invalid_client',
    'integration_broken',
    'signature_invalid',
  ])
  assert.deepEqual(said(await ask({ ...client, callback, client_id: 'nobody' })), [
    'invalid_client',
    'integration_broken',
    'consumer_key_unknown',
  ])
  assert.deepEqual(said(await ask({ ...client, callback: 'https://evil.example.com/' })), [
    'token_request_failed',
    'integration_broken',
    'parameter_rejected',
  ])
  assert.deepEqual(said(await ask({ ...client, callback }, planFor(lab, 'PLAINTEXT', REALM))), [
    'token_request_failed',
    'integration_broken',
    'signature_method_rejected',
  ])
  assert.equal((await ask({ ...client, callback }, planFor(lab))).provider_error?.error, 'parameter_rejected')
  assert.deepEqual(said(await ask({ ...client, callback }, plan, { now: new Date(1e12) })), [
    'token_request_failed',
    'transient',
    'timestamp_refused',
  ])

  const again = { nonce: 'once', now: new Date() }
  readTemporaryCredentials(await fetch(buildTemporaryCredentialsRequest(plan, { ...client, callback }, again)))
  assert.deepEqual(said(await ask({ ...client, callback }, plan, again)), [
    'token_request_failed',
    'transient',
    'nonce_used',
  ])
})

test('an encoding other than that of RFC 5849 §3.6 is refused by the server', async () => {
  const plan = planFor(lab, 'HMAC-SHA1', REALM)
  const registered = lab.addClient({ client_id: "it's/me" })
  const { callback } = registered
  const request = buildTemporaryCredentialsRequest(plan, { ...clientOf(registered), callback })
  const { authorization = '' } = request.headers
  for (const wrong of [
    authorization.replace('%27', "'"),
    authorization.replace('%2F', '%2f'),
    authorization.replace('oauth_nonce', 'oauth%5Fnonce'),
    authorization.replace(', oauth_nonce', ', oauth_nonce="x", oauth_nonce'),
    authorization.replaceAll('"', ''),
  ]) {
    assert.notEqual(wrong, authorization)
    const reply = await fetch({ ...request, headers: { ...request.headers, authorization: wrong } })
    assert.match(reply.body, /^oauth_problem=parameter_rejected/, wrong)
  }
  assert.equal((await fetch(request)).status, 200)
})

test('the verifier is bound to the sign-in that it came from, and works once', async () => {
  const plan = planFor(lab, 'HMAC-SHA1', REALM)
  const registered = lab.addClient()
  const [mine, attackers] = [await allow(plan, registered), await allow(plan, registered)]
  const exchange = async (temporary: typeof mine.temporary, { verifier }: Pick<typeof mine, 'verifier'>) =>
    fetch(buildTokenCredentialsRequest(plan, { ...clientOf(registered), temporary, verifier }))
  const refuse = async (reply: ReturnType<typeof exchange>) => {
    const response = await reply
    const { code, verdict, provider_error } = refusal(() => readTokenCredentials(response))
    return [code, verdict, provider_error?.error]
  }
  assert.deepEqual(await refuse(exchange(mine.temporary, attackers)), [
    'invalid_grant',
    'reauthorize',
    'verifier_invalid',
  ])
  readTokenCredentials(await exchange(mine.temporary, mine))
  assert.deepEqual(await refuse(exchange(mine.temporary, mine)), ['invalid_grant', 'reauthorize', 'token_rejected'])
})

test('S7 a callback with the token of another sign-in is refused before anything is sent', async () => {
  const temporary = { token: secret('mine') }
  const read = (query: string) => readOAuth1AuthorizationResponse(new URLSearchParams(query), temporary)
  assert.equal(read('oauth_token=mine&oauth_verifier=v1').verifier.reveal(), 'v1')
  for (const query of ['oauth_token=theirs&oauth_verifier=v1', 'oauth_verifier=v1', '', 'denied=theirs']) {
    assert.equal(refusal(() => read(query)).code, 'state_mismatch', query)
  }
  for (const query of [
    'oauth_token=mine',
    'oauth_token=mine&oauth_verifier=',
    'oauth_token=mine&oauth_verifier=a%0D%0A',
    'oauth_token=mine&oauth_token=mine&oauth_verifier=v',
  ]) {
    assert.equal(refusal(() => read(query)).code, 'malformed_response', query)
  }
})

test('a person who says no, in the words of several servers', async () => {
  const plan = planFor(lab, 'HMAC-SHA1', REALM)
  const temporary = await begin(plan, lab.addClient())
  const redirect = await consent(buildOAuth1AuthorizationUrl(plan, temporary).url, { decision: 'deny' })
  const denied = refusal(() => readOAuth1AuthorizationResponse(redirect.searchParams, temporary))
  assert.deepEqual([denied.code, denied.provider_error?.error], ['access_denied', 'permission_denied'])
  const x = new URLSearchParams({ denied: temporary.token.reveal() })
  assert.equal(refusal(() => readOAuth1AuthorizationResponse(x, temporary)).code, 'access_denied')
})

test('a server that does not confirm the callback speaks OAuth 1.0 without the a, and is refused', async () => {
  const old = await startOAuth1Lab({ confirms_callback: false })
  try {
    await assert.rejects(begin(planFor(old), old.addClient()), {
      code: 'malformed_response',
      field: 'oauth_callback_confirmed',
    })
  } finally {
    await old.close()
  }
})

test('S36 S39 replies without usable credentials are typed errors that show nothing', () => {
  const read = (body: string, status = 200, headers = {}) =>
    refusal(() => readTokenCredentials({ status, headers: new Headers(headers), body }))
  for (const body of [
    '',
    '<html></html>',
    '{"oauth_token":"a"}',
    'oauth_token=a',
    'oauth_token=a&oauth_token_secret=',
    'oauth_token=a%0D&oauth_token_secret=b',
    'oauth_token=a&oauth_token=b&oauth_token_secret=c',
    `oauth_token=${'a'.repeat(65_536)}&oauth_token_secret=b`,
  ]) {
    assert.equal(read(body).code, 'malformed_response', body.slice(0, 60))
  }
  assert.equal(read('oauth_token=a&oauth_token_secret=', 200).message.includes('=a'), false)
  assert.equal(read('oauth_problem=token_expired').verdict, 'reauthorize')
  assert.equal(read('', 503).verdict, 'transient')
  assert.equal(read('', 401).verdict, 'integration_broken')
  const challenge = { 'www-authenticate': 'OAuth realm="x", oauth_problem="token_used"' }
  assert.equal(read('', 401, challenge).verdict, 'reauthorize')
})

test('S22 S28 endpoints need TLS, requests may not bring parameters of the protocol, and a realm cannot break out', () => {
  const declaration = {
    provider: 'x',
    temporary_credentials_url: 'http://a.example.com/',
    authorization_url: 'nonsense',
    token_credentials_url: 'https://a.example.com:8443/',
    authorization_parameters: { oauth_token: 'x' },
  }
  assert.deepEqual(
    refusal(() => compileOAuth1Plan(declaration)).findings.map(({ pointer }) => pointer),
    [
      '/temporary_credentials_url',
      '/authorization_url',
      '/token_credentials_url',
      '/authorization_parameters/oauth_token',
    ],
  )
  assert.equal(refusal(() => compileOAuth1Plan({ realm: 'a\r\nb' })).code, 'invalid_spec')

  const plan = planFor(lab)
  const credentials = { client_id: 'c', client_secret: secret('s') }
  const call = { method: 'POST', url: 'https://api.example.com/x', headers: {}, body: null }
  const sign = (request: Partial<TokenRequest>) =>
    refusal(() => signOAuth1Request(plan, { ...call, ...request }, credentials))
  assert.equal(sign({ url: 'https://api.example.com/?oauth_nonce=1' }).field, 'oauth_nonce')
  assert.equal(sign({ headers: { Authorization: 'Basic x' } }).field, 'authorization')
  assert.equal(
    sign({ headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'oauth_token=x' }).field,
    'oauth_token',
  )
  assert.equal(sign({ url: 'http://api.example.com/' }).code, 'refused_url')
  const { authorization } = signOAuth1Request({ ...plan, realm: 'a", oauth_token="evil' }, call, credentials).headers
  assert.match(authorization ?? '', /^OAuth realm="a\\", oauth_token=\\"evil", oauth_consumer_key="c", /)
})
