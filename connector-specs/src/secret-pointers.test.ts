import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@sluice/oauth'
import { maskConfig, secretPointers, secretValues } from './secret-pointers.ts'

const SCHEMA: JsonObject = {
  properties: {
    name: { type: 'string' },
    password: { type: 'string', airbyte_secret: true },
    pydantic: { type: 'string', writeOnly: true, format: 'password' },
    credentials: {
      oneOf: [
        { properties: { auth_type: { const: 'oauth' }, refresh_token: { secret: true } } },
        { $ref: '#/$defs/key' },
      ],
    },
    servers: { items: { properties: { url: {}, 'pass/word': { secret: true } } } },
    headers: { additionalProperties: { secret: true } },
    service_account: { type: 'object', secret: true },
    tree: { $ref: '#/$defs/tree' },
  },
  if: { required: ['advanced'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { properties: { conditional: { secret: true } } },
  $defs: {
    key: { properties: { auth_type: { const: 'key' }, api_key: { secret: true } } },
    tree: { properties: { secret_leaf: { secret: true }, child: { $ref: '#/$defs/tree' } } },
  },
}

const CONFIG: JsonObject = {
  name: 'n',
  password: 'p-1',
  pydantic: 'p-2',
  credentials: { auth_type: 'oauth', refresh_token: 'r-1', api_key: 'k-1' },
  servers: [
    { url: 'u', 'pass/word': 's-1' },
    { url: 'u', 'pass/word': null },
  ],
  headers: { a: 'h-1' },
  service_account: { private_key: 'sa-1', id: 42 },
  tree: { child: { child: { secret_leaf: 't-1' } } },
  conditional: 'c-1',
}

test('secrets are found in every arm, in arrays, maps, conditions, recursive schemas and as whole objects', () => {
  assert.deepEqual(secretPointers(SCHEMA, CONFIG), [
    '/password',
    '/pydantic',
    '/credentials/refresh_token',
    '/credentials/api_key',
    '/servers/0/pass~1word',
    '/headers/a',
    '/service_account',
    '/tree/child/child/secret_leaf',
    '/conditional',
  ])
  assert.deepEqual(secretValues(SCHEMA, CONFIG), ['p-1', 'p-2', 'r-1', 'k-1', 's-1', 'h-1', 'sa-1', '42', 't-1', 'c-1'])
})

test('a masked config shows which secrets are set and nothing of them', () => {
  const masked = maskConfig(SCHEMA, { ...CONFIG, pydantic: '' })
  assert.deepEqual(masked.credentials, { auth_type: 'oauth', refresh_token: '********', api_key: '********' })
  assert.deepEqual(masked.servers, [
    { url: 'u', 'pass/word': '********' },
    { url: 'u', 'pass/word': null },
  ])
  assert.equal(masked.service_account, '********')
  assert.equal(masked.pydantic, '')
  assert.equal(masked.name, 'n')
  assert.equal(CONFIG.password, 'p-1')
})
