import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@sluice/oauth'
import { mutationsOf } from './testing/mutate.ts'
import { proveProvider } from './testing/prove-provider.ts'

// Words that no provider which comes with Sluice says, proven by made-up ones.

const PASSWORD = {
  provider: 'acme',
  config: { instance: { title: 'Instance', example: 'shop', pattern: '[a-z]+' } },
  scopes: { default: ['api', 'offline_access'], separator: ',' },
  token: {
    url: 'https://{{config.instance}}.acme.example/identity/token',
    client_authentication: 'client_secret_basic',
    response: { capture: { account: { from: '/account/id', required: true } } },
  },
  grants: {
    password: {
      parameters: { realm: 'partners' },
      parameter_names: { username: 'user', password: 'pass' },
      response: { default_lifetime: 900, verdicts: { locked_out: 'reauthorize' } },
    },
    refresh_token: {},
  },
  revocation: { url: 'https://{{config.instance}}.acme.example/identity/revoke' },
  api: { base_url: 'https://{{config.instance}}.acme.example/api' },
}

const OAUTH1 = {
  provider: 'acme',
  oauth1: {
    temporary_credentials_url: 'https://acme.example/oauth/request_token',
    authorization_url: 'https://acme.example/oauth/authorize',
    authorization_parameters: { name: 'Sluice & friends', title: 'x' },
    scopes: { parameter: 'permissions', default: ['read', 'write'], separator: ';' },
    token_credentials_url: 'https://acme.example/oauth/access_token',
    signature_method: 'HMAC-SHA256',
    realm: 'The "acme" \\ API',
  },
  api: {
    base_url: 'https://api.acme.example/v1',
    headers: { 'x-client': 'app {{client_id}}', accept: null },
    test: { method: 'POST', path: '/me?fields=id', body: { query: 'me' } },
    retry: { statuses: [429, 503], after_header: 'retry-after' },
  },
}

const STANDARDS = {
  provider: 'acme',
  issuer: 'https://acme.example/tenant',
  endpoints: {
    device_authorization_endpoint: 'https://acme.example/device',
    pushed_authorization_request_endpoint: 'https://acme.example/par',
  },
  resource: ['https://api.acme.example/v1'],
  dpop: 'when_offered',
  authorization: { url: 'https://acme.example/authorize' },
  token: {
    url: 'https://acme.example/token',
    client_authentication: 'client_secret_basic',
    basic_encoding: 'raw',
  },
  grants: { authorization_code: {}, refresh_token: {} },
} satisfies JsonObject

const BEARER = {
  provider: 'acme',
  issuer: 'https://acme.example',
  config: { account: { title: 'Account', example: 'ann@acme.example' } },
  scopes: { default: ['read', 'write'] },
  token: { url: 'https://acme.example/token', client_authentication: 'client_secret_post' },
  grants: {
    jwt_bearer: {
      parameters: { scope: null },
      parameter_names: { assertion: 'jwt' },
      assertion: {
        lifetime_seconds: 300,
        backdated_seconds: 30,
        claims: { sub: '{{config.account}}', aud: 'https://other.example', scope: '{{scope}}', level: 3, jti: null },
      },
      response: { default_lifetime: 900 },
    },
  },
  revocation: { url: 'https://acme.example/revoke', token: 'access_token' },
  api: { base_url: 'https://acme.example/api' },
} satisfies JsonObject

const DECLARATIONS: Record<string, JsonObject> = {
  'an issuer with further endpoints, resources, keys and raw Basic': STANDARDS,
  'the password grant by a form': PASSWORD,
  'the password grant by JSON': {
    ...PASSWORD,
    token: { ...PASSWORD.token, body: 'json', client_authentication: 'none' },
  },
  'the JWT bearer grant with claims of its own': BEARER,
  'the JWT bearer grant as the RFC has it': { ...BEARER, grants: { jwt_bearer: {} } },
  'OAuth 1.0a by HMAC-SHA256, with realm and scopes': OAUTH1,
  'OAuth 1.0a by PLAINTEXT': { ...OAUTH1, oauth1: { ...OAUTH1.oauth1, signature_method: 'PLAINTEXT' } },
}

for (const [what, source] of Object.entries(DECLARATIONS)) {
  test(`${what} passes its strict stand-in, and any one change is caught`, () => {
    proveProvider(source)
    const survivors = mutationsOf(source).filter((mutation) => {
      try {
        proveProvider(mutation.source, source)
        return true
      } catch {
        return false
      }
    })
    assert.deepEqual(
      survivors.map(({ place }) => place),
      [],
    )
  })
}
