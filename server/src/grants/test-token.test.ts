import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileProvider, secret } from '@sluice/oauth'
import { testToken } from './test-token.ts'

test('a test call that counts on a field which the config does not have is no test call, and nothing is sent', async () => {
  const compiled = compileProvider({
    provider: 'acme',
    config: { shop: { title: 'Shop', pattern: '[a-z]+' } },
    authorization: { url: 'https://acme.example/authorize' },
    token: { url: 'https://acme.example/token' },
    grants: { authorization_code: {} },
    api: { base_url: 'https://{{config.shop}}.acme.example', test: { path: '/me' } },
  })
  assert.ok(compiled.protocol === 'oauth2')
  const sent: string[] = []
  const services = {
    now: () => new Date(),
    fetch: async ({ url }: { url: string }) => {
      sent.push(url)
      return { status: 200, headers: new Headers(), body: '{}' }
    },
  }
  const token = { client_id: 'c', access_token: secret('t') }
  assert.equal(await testToken(services, compiled.plan, { ...token, config: { store: 'a' } }), false)
  assert.equal(await testToken(services, compiled.plan, { ...token, config: { shop: 'a' } }), true)
  assert.deepEqual(sent, ['https://a.acme.example/me'])
})
