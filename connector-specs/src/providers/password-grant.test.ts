import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mutationsOf } from './testing/mutate.ts'
import { proveProvider } from './testing/prove-provider.ts'

/** No provider that comes with Sluice has the grant, so a made-up one proves its words. */
const ACME = {
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
const JSON_BODY = { ...ACME, token: { ...ACME.token, body: 'json', client_authentication: 'none' } }

for (const [body, source] of Object.entries({ form: ACME, JSON: JSON_BODY })) {
  test(`a declared password grant passes its strict stand-in, as ${body}, and any one change is caught`, () => {
    proveProvider(structuredClone(source))
    const survivors = mutationsOf(structuredClone(source)).filter((mutation) => {
      try {
        proveProvider(mutation.source, structuredClone(source))
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
