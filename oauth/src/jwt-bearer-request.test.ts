import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { startGrantStandIn, startInstallationStandIn } from '@sluice/lab'
import { createOAuthClient } from './client/create-oauth-client.ts'
import { createMetadataCache } from './client/metadata-cache.ts'
import { compileFlowPlan } from './compile-flow-plan.ts'
import { OAuthError } from './errors.ts'
import { google } from './fixtures/flow-specs.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import { assertionClaims, buildJwtBearerRequest } from './jwt-bearer-request.ts'
import { compileProvider } from './provider/compile-provider.ts'
import { secret } from './secret.ts'
import { DEVELOPMENT } from './testing/lab-client.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })

const INSTALLATION = (origin: string) => ({
  provider: 'acme',
  config: { installation_id: { title: 'Installation', example: '42', pattern: '[0-9]+' } },
  token: {
    url: `${origin}/app/installations/{{config.installation_id}}/access_tokens`,
    body: 'json',
    client_authentication: 'anonymous',
    headers: { authorization: 'Bearer {{assertion}}' },
    response: {
      access_token: '/token',
      expires_at: '/expires_at',
      error: { code: '/status', description: '/message' },
      verdicts: { '404': 'reauthorize' },
    },
  },
  grants: {
    jwt_bearer: {
      parameters: { grant_type: null, assertion: null },
      assertion: { lifetime_seconds: 540, backdated_seconds: 60, claims: { sub: null, aud: null, jti: null } },
    },
  },
})

function converse(declaration: object, client_id: string, private_key = pem) {
  const provider = compileProvider(declaration, { allow_loopback: true })
  const fetch = createGuardedFetch({ allow_loopback: true })
  const signing_key = { private_key: secret(private_key), key_id: 'k1' }
  const metadata = createMetadataCache({ fetch, ...DEVELOPMENT })
  return createOAuthClient({ provider, client: { client_id, signing_key }, fetch, metadata })
}

async function installations(t: TestContext) {
  const standIn = await startInstallationStandIn({ apps: { 'app-1': publicKey }, installations: { '42': 'app-1' } })
  t.after(() => standIn.close())
  return standIn
}

const failure = async (attempt: Promise<unknown>) => {
  try {
    await attempt
  } catch (error) {
    if (error instanceof OAuthError) return [error.code, error.verdict, error.provider_error?.error_description]
    throw error
  }
  return null
}

test('an installed app gets a token of one installation by an assertion that its key signs', async (t) => {
  const standIn = await installations(t)
  const declaration = INSTALLATION(standIn.origin)
  const { tokens } = await converse(declaration, 'app-1').jwtBearer({ config: { installation_id: '42' } })
  assert.equal(standIn.isAlive(tokens.access_token.reveal()), true)
  const lifetime = ((tokens.expires_at?.getTime() ?? 0) - Date.now()) / 1000
  assert.ok(lifetime > 3500 && lifetime <= 3600)

  assert.deepEqual(
    await failure(converse(declaration, 'app-1', String(other)).jwtBearer({ config: { installation_id: '42' } })),
    ['token_request_failed', 'integration_broken', 'A JSON web token could not be decoded'],
  )
  standIn.uninstall('42')
  assert.deepEqual(await failure(converse(declaration, 'app-1').jwtBearer({ config: { installation_id: '42' } })), [
    'invalid_grant',
    'reauthorize',
    'Not Found',
  ])
  const hostile = converse(declaration, 'app-1').jwtBearer({ config: { installation_id: '42/../../user' } })
  assert.equal(standIn.issued, 1)
  assert.notEqual(await failure(hostile), null)
  assert.equal(standIn.issued, 1)
})

test('an assertion with a claim more than the provider takes, or one less, is refused by it', async (t) => {
  const standIn = await installations(t)
  const { grants, ...rest } = INSTALLATION(standIn.origin)
  for (const change of [{ claims: { sub: null, aud: null } }, { lifetime_seconds: 660 }]) {
    const assertion = { ...grants.jwt_bearer.assertion, ...change }
    const declaration = { ...rest, grants: { jwt_bearer: { ...grants.jwt_bearer, assertion } } }
    const refused = await failure(converse(declaration, 'app-1').jwtBearer({ config: { installation_id: '42' } }))
    assert.equal(refused?.[1], 'integration_broken')
  }
})

test('a declared service account names its subject from the config and its scopes inside the assertion', async (t) => {
  const standIn = await startGrantStandIn({ assertion_keys: new Map([['robot', { kid: 'k1', key: publicKey }]]) })
  t.after(() => standIn.close())
  const declaration = {
    provider: 'acme',
    config: { user: { title: 'User', example: 'ann' } },
    scopes: { default: ['a', 'b'] },
    token: { url: standIn.token_endpoint, client_authentication: 'anonymous' },
    grants: { jwt_bearer: { assertion: { claims: { sub: '{{config.user}}', scope: '{{scope}}' } } } },
  }
  const { tokens } = await converse(declaration, 'robot').jwtBearer({ config: { user: 'ann"},{"sub":"root' } })
  assert.equal(standIn.issued.get(tokens.access_token.reveal())?.subject, 'ann"},{"sub":"root')
})

test('a plan that does not declare the grant refuses it, and claims about time cannot be declared', () => {
  const plan = compileFlowPlan(google)
  const context = { client_id: 'c', config: {} }
  const invalid = { code: 'invalid_spec' }
  assert.throws(() => assertionClaims(plan, context, 'https://as.example'), invalid)
  const request = { ...context, client_secret: secret('s'), assertion: secret('a.b.c') }
  assert.throws(() => buildJwtBearerRequest(plan, request), invalid)
  const { grants, ...rest } = INSTALLATION('https://acme.example')
  const assertion = { claims: { exp: 9_999_999_999, note: '{{client_secret}}' } }
  const declaration = { ...rest, grants: { jwt_bearer: { ...grants.jwt_bearer, assertion } } }
  assert.throws(
    () => compileProvider(declaration),
    (error) => {
      assert.ok(error instanceof OAuthError)
      assert.deepEqual(
        error.findings.map(({ pointer, rule }) => [pointer, rule]),
        [
          ['/grants/jwt_bearer/assertion/claims/exp', 'reserved_claim'],
          ['/grants/jwt_bearer/assertion/claims/note', 'unknown_variable'],
        ],
      )
      return true
    },
  )
})
