import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as specs from '../fixtures/airbyte-specs.ts'
import { refusal } from '../fixtures/token-requests.ts'
import type { JsonObject } from '../json.ts'
import { mapCredentials } from '../map-credentials.ts'
import { secret } from '../secret.ts'
import { readTokenResponse, type TokenPhase } from '../token-response.ts'
import { compileAirbytePlan } from './compile-airbyte-plan.ts'
import { readOAuthUserInput } from './read-oauth-user-input.ts'
import { writeOAuthOutput } from './write-oauth-output.ts'

const now = new Date('2026-11-21T13:00:00.000Z')
const client = { client_id: 'client-1', client_secret: secret('s3cret') }

function compile(spec: unknown) {
  const oauth = compileAirbytePlan(spec)
  assert.ok(oauth !== null)
  return oauth
}

/** A spec with its own outputs, and `extract_output` if given. */
function yields(properties: JsonObject, extract_output?: string[], more: JsonObject = {}): JsonObject {
  const spec = structuredClone(specs.hubspot) as typeof specs.hubspot & JsonObject
  const config = spec.advanced_auth.oauth_config_specification as JsonObject
  config.complete_oauth_output_specification = { required: Object.keys(properties), properties }
  const input = config.oauth_connector_input_specification as JsonObject
  delete input.extract_output
  Object.assign(input, extract_output && { extract_output }, more)
  return spec
}

function map(spec: unknown, reply: JsonObject, phase: TokenPhase = 'authorization_code') {
  const { plan } = compile(spec)
  assert.ok(plan)
  const response = { status: 200, headers: new Headers(), body: JSON.stringify(reply) }
  return mapCredentials(plan, readTokenResponse(plan, response, { now, phase }), { now, phase })
}

function write(spec: unknown, config: JsonObject, credentials: JsonObject, phase: TokenPhase = 'authorization_code') {
  return writeOAuthOutput(compile(spec), config, { ...client, credentials: secret(credentials), phase }).reveal()
}

const at = (...path: string[]) => ({ type: 'string', path_in_connector_config: path })

test('extract_output takes JSON paths, gives text, and adds the instant of expiry', () => {
  const paths = ['$.data.access_token', "data['refresh_token']", 'data.tokens[1].value', 'data.ttl']
  const spec = yields({ access_token: at('access_token') }, paths, { token_expiry_key: 'ttl' })
  const data: JsonObject = { access_token: 'at-1', refresh_token: 'rt-1', tokens: [{}, { value: true }], ttl: 60 }
  assert.deepEqual(map(spec, { data }).reveal(), {
    access_token: 'at-1',
    refresh_token: 'rt-1',
    value: 'true',
    token_expiry_date: '2026-11-21T13:01:00.000Z',
    ttl: '60',
  })
})

test('without extract_output the outputs say where they stand in the reply, else it is the refresh token', () => {
  const spec = yields({
    access_token: { ...at('token'), path_in_oauth_response: ['authed_user', 'access_token'] },
    token_expiry_date: { ...at('expires'), path_in_oauth_response: ['expires_in'] },
    instance: { ...at('instance'), path_in_oauth_response: ['team', 'id'] },
  })
  const reply = { authed_user: { access_token: 'at-1' }, expires_in: '3600', team: { id: 7 } }
  const credentials = map(spec, reply).reveal()
  assert.equal(credentials.instance, '7')
  assert.deepEqual(write(spec, {}, credentials), {
    token: 'at-1',
    expires: '2026-11-21T14:00:00.000Z',
    instance: '7',
    credentials: { auth_type: 'Client', client_id: 'client-1', client_secret: 's3cret' },
  })
  assert.deepEqual(map(yields({ refresh_token: at('r') }), { access_token: 'at-1', refresh_token: 'rt-1' }).reveal(), {
    refresh_token: 'rt-1',
  })
})

test('tokens are found under the names that the spec gives them, lifetime included', () => {
  const super_token = { ...at('t'), path_in_oauth_response: ['data', 'super_access_token'] }
  const expires = { ...at('e'), path_in_oauth_response: ['data', 'expires_in'] }
  const { plan } = compile(yields({ super_access_token: super_token, token_expiry_date: expires }))
  assert.ok(plan)
  const reply = { data: { super_access_token: 'at-1', expires_in: 60 } }
  const response = { status: 200, headers: new Headers(), body: JSON.stringify(reply) }
  const tokens = readTokenResponse(plan, response, { now, phase: 'authorization_code' })
  assert.equal(tokens.access_token.reveal(), 'at-1')
  assert.equal(tokens.expires_at?.toISOString(), '2026-11-21T13:01:00.000Z')
})

test('an output that the reply lacks is an error that names it, and shows nothing of the reply', () => {
  const reply = { access_token: 'at-secret', expires_in: 60 }
  const error = refusal(() => map(specs.typeform, reply))
  assert.deepEqual(
    [error.code, error.field, error.verdict],
    ['malformed_response', 'refresh_token', 'integration_broken'],
  )
  assert.ok(!error.message.includes('at-secret'))
  const noLifetime = refusal(() =>
    map(specs.typeform, { access_token: 'at-1', refresh_token: 'rt-1', expires_in: 'soon' }),
  )
  assert.equal(noLifetime.field, 'token_expiry_date')
})

test('S40 a refresh that returns no refresh token and no lifetime keeps the old ones', () => {
  const credentials = map(specs.typeform, { access_token: 'at-2' }, 'refresh_token').reveal()
  assert.deepEqual(credentials, { access_token: 'at-2' })
  const config = { credentials: { access_token: 'at-1', refresh_token: 'rt-1', token_expiry_date: 'then' } }
  assert.deepEqual(write(specs.typeform, config, credentials, 'refresh_token').credentials, {
    auth_type: 'Client',
    client_id: 'client-1',
    client_secret: 's3cret',
    access_token: 'at-2',
    refresh_token: 'rt-1',
    token_expiry_date: 'then',
  })
})

test('outputs get the type that the spec declares', () => {
  const spec = yields(
    {
      expires_in: { type: 'integer', path_in_connector_config: ['ttl'] },
      wide: { path_in_connector_config: ['wide'] },
    },
    ['expires_in', 'wide'],
  )
  const { ttl, wide } = write(spec, {}, { expires_in: '60', wide: '1' })
  assert.deepEqual([ttl, wide], [60, '1'])
  assert.equal(refusal(() => write(spec, {}, { expires_in: '6.5', wide: '1' })).field, 'expires_in')
  assert.equal(refusal(() => write(spec, {}, { wide: '1' })).field, 'expires_in')
})

test('older generations take the credentials that a provider declaration yields', () => {
  const config = { subdomain: 'acme', credentials: { auth_type: 'Key', api_key: 'k' } }
  assert.deepEqual(write(specs.pathMapsOnly, config, { access_token: 'at-1', other: 'x' }).credentials, {
    auth_type: 'Client',
    api_key: 'k',
    client_id: 'client-1',
    client_secret: 's3cret',
    access_token: 'at-1',
  })
  assert.deepEqual(write(specs.authSpecification, {}, { refresh_token: 'rt-1' }), {
    credentials: { auth_type: 'Client', client_id: 'client-1', client_secret: 's3cret', refresh_token: 'rt-1' },
  })
})

test('the person inputs are read from the config, and a missing one is named', () => {
  const oauth = compile(specs.pathMapsOnly)
  assert.deepEqual(readOAuthUserInput(oauth, { subdomain: 'acme', other: 1 }), { subdomain: 'acme' })
  for (const config of [{}, { subdomain: '' }, { subdomain: null }] as JsonObject[]) {
    const error = refusal(() => readOAuthUserInput(oauth, config))
    assert.deepEqual([error.code, error.field], ['refused_value', 'config.subdomain'])
  }
  assert.deepEqual(readOAuthUserInput(compile(specs.amazonSellerPartner), {}), {})
})

test('credentials never overwrite what is no object', () => {
  const error = refusal(() => write(specs.hubspot, { credentials: 'text' }, { refresh_token: 'rt-1' }))
  assert.deepEqual([error.code, error.field], ['refused_value', 'config.credentials'])
})

test('S32 a path through prototypes writes to the config alone', () => {
  const spec = yields({ a: at('constructor', 'prototype', 'polluted') }, ['a'])
  const config = write(spec, {}, { a: 'x' })
  assert.ok(Object.hasOwn(config, 'constructor'))
  assert.equal((Object.prototype as { polluted?: string }).polluted, undefined)
})
