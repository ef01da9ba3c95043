import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type JsonObject, secret } from '@sluice/oauth'
import { mergeCredentials } from './merge-credentials.ts'
import { findOAuthCredentials } from './oauth-credentials.ts'
import { withoutOAuthCredentials } from './without-oauth-credentials.ts'

const text = { type: 'string' }
const ARM: JsonObject = {
  'x-oauth2-provider': 'lab',
  properties: {
    auth_type: { const: 'oauth', default: 'oauth' },
    api_version: { default: 'v3' },
    client_id: text,
    client_secret: text,
    access_token: text,
  },
}
const KEY: JsonObject = { properties: { auth_type: { const: 'key', default: 'key' }, key: text } }
const SCHEMA: JsonObject = {
  required: ['credentials', 'region'],
  properties: { region: text, credentials: { oneOf: [KEY, ARM], discriminator: { propertyName: 'auth_type' } } },
  allOf: [{ required: ['credentials'] }],
}
const CREDENTIALS = {
  client_id: 'id',
  client_secret: secret('client-secret'),
  tokens: secret<JsonObject>({ access_token: 'new' }),
}
const merge = (schema: JsonObject, config: JsonObject) =>
  mergeCredentials(schema, 'lab', config, CREDENTIALS).reveal().credentials

test("mapped tokens join the arm's discriminator and defaults, what was there, and the client registration", () => {
  assert.deepEqual(merge(SCHEMA, { credentials: { auth_type: 'oauth', access_token: 'old', note: 'kept' } }), {
    auth_type: 'oauth',
    api_version: 'v3',
    access_token: 'new',
    note: 'kept',
    client_id: 'id',
    client_secret: 'client-secret',
  })
  assert.equal(JSON.stringify(mergeCredentials(SCHEMA, 'lab', {}, CREDENTIALS)), '"[secret]"')
})

test('what was there for another arm is dropped, and the discriminator set', () => {
  assert.deepEqual(merge(SCHEMA, { credentials: { auth_type: 'key', key: 'k' } }), {
    auth_type: 'oauth',
    api_version: 'v3',
    access_token: 'new',
    client_id: 'id',
    client_secret: 'client-secret',
  })
})

test('an arm that has no client_secret is given none', () => {
  const narrow: JsonObject = {
    properties: { credentials: { 'x-oauth2-provider': 'lab', properties: { access_token: text } } },
  }
  assert.deepEqual(merge(narrow, {}), { access_token: 'new' })
})

test('credentials without the annotation are found by their fields, another property by the annotation', () => {
  const { 'x-oauth2-provider': _mark, ...unmarked } = ARM
  const airtable: JsonObject = { properties: { credentials: { oneOf: [KEY, unmarked] } } }
  assert.deepEqual(findOAuthCredentials(airtable, 'lab')?.discriminator, { property: 'auth_type', value: 'oauth' })
  const elsewhere: JsonObject = {
    properties: { credentials: KEY, login: { $ref: '#/$defs/arm' } },
    $defs: { arm: ARM },
  }
  assert.equal(findOAuthCredentials(elsewhere, 'lab')?.property, 'login')
  assert.equal(findOAuthCredentials({ properties: { credentials: KEY } }, 'lab'), null)
})

test('before authorizing, neither the credentials nor the rules that require them are in the schema', () => {
  assert.deepEqual(withoutOAuthCredentials(SCHEMA, 'lab'), {
    required: ['region'],
    properties: { region: text },
    allOf: [{}],
  })
  assert.deepEqual(SCHEMA.required, ['credentials', 'region'])
})
