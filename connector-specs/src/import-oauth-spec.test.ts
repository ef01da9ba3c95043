import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JsonObject } from '@sluice/oauth'
import { parse, stringify } from 'yaml'
import { findOAuthSpecs } from './find-oauth-specs.ts'
import { importOAuthSpec, isSameAuthorization } from './import-oauth-spec.ts'
import { listProviders, PROVIDERS_DIRECTORY, readDeclaration } from './providers/load-provider.ts'

const FLOW = {
  provider: 'acme/CRM',
  authUrlTemplate:
    'https://acme.example/authorize?response_type=code&client_id={{#urlencode}}{{{ client_id }}}{{/urlencode}}&redirect_uri={{#urlencode}}{{{ redirect_uri }}}{{/urlencode}}&state={{#urlencode}}{{{ state }}}{{/urlencode}}',
  accessTokenUrlTemplate: 'https://acme.example/token',
  accessTokenMethod: 'POST',
  accessTokenBody:
    'grant_type=authorization_code&code={{#urlencode}}{{{ code }}}{{/urlencode}}&client_id={{#urlencode}}{{{ client_id }}}{{/urlencode}}&client_secret={{#urlencode}}{{{ client_secret }}}{{/urlencode}}&redirect_uri={{#urlencode}}{{{ redirect_uri }}}{{/urlencode}}',
  accessTokenHeaders: { 'content-type': 'application/x-www-form-urlencoded' },
  accessTokenResponseMap: { access_token: '/access_token', refresh_token: '/refresh_token' },
  refreshTokenBody: '',
}

const AIRBYTE = {
  documentationUrl: 'https://docs.example',
  connectionSpecification: { type: 'object', properties: {} },
  advanced_auth: {
    auth_flow_type: 'oauth2.0',
    predicate_key: ['credentials', 'auth_type'],
    predicate_value: 'oauth',
    oauth_config_specification: {
      oauth_connector_input_specification: {
        consent_url:
          'https://acme.example/authorize?client_id={{ client_id_value }}&redirect_uri={{ redirect_uri_value | urlencode }}&response_type=code&state={{ state_value }}',
        access_token_url: 'https://acme.example/token',
        access_token_params: { code: '{{ auth_code_value }}', client_id: '{{ client_id_value }}' },
        extract_output: ['access_token'],
      },
      complete_oauth_output_specification: {
        type: 'object',
        properties: { access_token: { type: 'string', path_in_connector_config: ['credentials', 'access_token'] } },
      },
    },
  },
}

function imported(value: unknown, name = 'acme/source-crm') {
  const [found] = findOAuthSpecs(value)
  assert.ok(found)
  const result = importOAuthSpec(found, name)
  const again = { ...found, value: parse(stringify(result.spec, { lineWidth: 0 })) as JsonObject }
  return { ...result, found, again, same: isSameAuthorization(found, again, { allow_loopback: true }) }
}

const outcomes = ({ fields }: ReturnType<typeof imported>) =>
  Object.fromEntries(fields.map(({ pointer, outcome, reason }) => [pointer, `${outcome}: ${reason}`]))

test('Flow’s object is taken in one spelling, without what is empty, usual or unknown', () => {
  const result = imported({ oauth2: { ...FLOW, clientSecret: 'hunter2', note: 'x' } })
  const { accessTokenMethod: _, refreshTokenBody: __, ...counting } = FLOW
  assert.deepEqual(result.spec, counting)
  assert.deepEqual([result.same, result.file], [true, 'CRM.oauth.yaml'])
  const told = outcomes(result)
  assert.equal(told['/authUrlTemplate'], 'taken: as it is')
  assert.equal(told['/refreshTokenBody'], 'dropped: is empty, as if it were not there')
  assert.equal(told['/accessTokenMethod'], 'dropped: is POST, as it is anyway')
  assert.match(told['/clientSecret'] ?? '', /^dropped: is no field/)
  const inGo = imported({
    provider: FLOW.provider,
    auth_url_template: FLOW.authUrlTemplate,
    access_token_url_template: FLOW.accessTokenUrlTemplate,
    access_token_body: FLOW.accessTokenBody,
    access_token_headers_json_map: FLOW.accessTokenHeaders,
    access_token_response_json_map: FLOW.accessTokenResponseMap,
  })
  assert.deepEqual(inGo.spec, counting)
  assert.equal(outcomes(inGo)['/auth_url_template'], 'taken: as authUrlTemplate')
  assert.ok(isSameAuthorization(result.found, inGo.again, {}))
})

test('of an Airbyte specification the part about OAuth is taken, with the schema only where it is pointed into', () => {
  const result = imported(AIRBYTE)
  assert.deepEqual(
    [result.spec, result.same, result.file],
    [{ advanced_auth: AIRBYTE.advanced_auth }, true, 'source-crm.oauth.yaml'],
  )
  assert.equal(outcomes(result)['/documentationUrl'], 'dropped: says nothing of OAuth')
  const old = imported({
    connectionSpecification: { type: 'object' },
    authSpecification: { auth_type: 'oauth2.0', oauth2Specification: { rootObject: ['credentials'] } },
  })
  assert.deepEqual(Object.keys(old.spec).sort(), ['authSpecification', 'connectionSpecification'])
  assert.ok(old.same)
})

test('every provider declaration that comes with Sluice survives its import', async () => {
  for (const name of await listProviders()) {
    const result = imported(await readDeclaration(join(PROVIDERS_DIRECTORY, `${name}.yaml`)))
    assert.ok(result.same, name)
    assert.equal(result.file, `${name}.yaml`)
  }
})

test('what would authorize otherwise is told from what would not', () => {
  const { found } = imported(FLOW)
  for (const change of [
    { accessTokenUrlTemplate: 'https://acme.example/tokens' },
    { accessTokenResponseMap: { access_token: '/token' } },
    { authUrlTemplate: FLOW.authUrlTemplate.replace('response_type=code', 'response_type=token') },
    { accessTokenHeaders: { 'content-type': 'application/json' } },
  ]) {
    const other = { ...found, value: { ...FLOW, ...change } as JsonObject }
    let same = false
    try {
      same = isSameAuthorization(found, other, {})
    } catch {}
    assert.ok(!same, JSON.stringify(change))
  }
})
