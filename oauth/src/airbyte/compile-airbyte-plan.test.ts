import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAuthorizationResponse } from '../authorization-response.ts'
import { OAuthError } from '../errors.ts'
import * as specs from '../fixtures/airbyte-specs.ts'
import { refusal } from '../fixtures/token-requests.ts'
import type { JsonObject } from '../json.ts'
import { createState } from '../pkce.ts'
import { compileAirbytePlan } from './compile-airbyte-plan.ts'

const INPUT = '/advanced_auth/oauth_config_specification/oauth_connector_input_specification'

/** A declarative spec with some fields of its connector input replaced. */
function declarative(changes: JsonObject, more: JsonObject = {}): JsonObject {
  const spec = structuredClone(specs.hubspot) as JsonObject & typeof specs.hubspot
  Object.assign(spec.advanced_auth.oauth_config_specification.oauth_connector_input_specification, changes)
  Object.assign(spec.advanced_auth, more)
  return spec
}
const plan = (changes: JsonObject) => {
  const oauth = compileAirbytePlan(declarative(changes))
  assert.ok(oauth?.plan)
  return oauth.plan
}
const findings = (spec: unknown) => {
  const error = refusal(() => compileAirbytePlan(spec))
  assert.equal(error.code, 'invalid_spec')
  return error.findings.map(({ pointer, rule }) => [pointer, rule])
}

test('every slip of a spec is reported at once, each with its pointer', () => {
  const spec = declarative(
    {
      consent_url: 'https://app.example.com/authorize?{{ client_secret_param }}&{{ state_param',
      access_token_url: 'http://api.example.com/token',
      access_token_headers: { Host: 'evil.example.com', 'X-{{ client_id_value }}': '1' },
      access_token_params: { code: '{{ auth_code_value | reverse }}', '{{ auth_code_key }}': '1' },
      extract_output: ['data[*].token'],
    },
    { auth_flow_type: 'oauth1.0' },
  )
  assert.deepEqual(findings(spec).toSorted(), [
    ['/advanced_auth/auth_flow_type', 'auth_flow_type'],
    [`${INPUT}/access_token_headers/Host`, 'header_reserved'],
    [`${INPUT}/access_token_headers/X-{{ client_id_value }}`, 'header_name'],
    [`${INPUT}/access_token_params/code`, 'invalid_template'],
    [`${INPUT}/access_token_params/{{ auth_code_key }}`, 'duplicate'],
    [`${INPUT}/access_token_url`, 'refused_url'],
    [`${INPUT}/consent_url`, 'secret_exposed'],
    [`${INPUT}/extract_output/0`, 'json_path'],
  ])
})

test('slips of form are reported too, in the author spelling', () => {
  const spec = declarative({
    consent_url: 7,
    scopes: [{ name: 'x' }],
    state: { min: 9, max: 3 },
  }) as typeof specs.hubspot
  const output = spec.advanced_auth.oauth_config_specification.complete_oauth_output_specification as JsonObject
  output.properties = {
    refresh_token: { type: 'string', path_in_connector_config: [] },
    x: { path_in_connector_config: ['__proto__', 'y'] },
  }
  const root = '/advanced_auth/oauth_config_specification/complete_oauth_output_specification/properties'
  assert.deepEqual(findings(spec), [
    [`${root}/refresh_token/path_in_connector_config`, 'too_small'],
    [`${root}/x/path_in_connector_config`, 'custom'],
    [`${INPUT}/consent_url`, 'invalid_type'],
    [`${INPUT}/scopes/0/scope`, 'invalid_type'],
    [`${INPUT}/state`, 'custom'],
  ])
  assert.deepEqual(findings('nonsense'), [['', 'invalid_type']])
  assert.deepEqual(findings({ advanced_auth: {} }), [['/advanced_auth/oauth_config_specification', 'invalid_type']])
})

test('S31 neither the client secret nor the code can be read by the consent URL', () => {
  for (const name of ['client_secret_value', 'client_secret_param', 'client_secret', 'auth_code_value', 'code']) {
    const consent_url = `https://app.example.com/authorize?{{ state_param }}&x={{ ${name} | urlencode }}`
    const rule = name.startsWith('client_secret') ? 'secret_exposed' : 'invalid_template'
    assert.deepEqual(findings(declarative({ consent_url })), [[`${INPUT}/consent_url`, rule]], name)
  }
})

test('a consent URL without state is refused', () => {
  const consent_url = 'https://app.example.com/authorize?{{ client_id_param }}&{{ redirect_uri_param }}'
  assert.deepEqual(findings(declarative({ consent_url })), [[`${INPUT}/consent_url`, 'state_missing']])
})

test('S10 state sent as its own challenge, or with the method plain, is refused', () => {
  const start = 'https://app.example.com/authorize?{{ state_param }}&'
  const challenge = 'code_challenge={{ state_value | codechallengeS256 }}'
  const refused: [string, string][] = [
    ['code_challenge={{ state_value }}', 'pkce_plain'],
    [`${challenge}&code_challenge_method=plain`, 'pkce_plain'],
    ['code_challenge={{ "abc" | codechallengeS256 }}', 'invalid_template'],
    ['code_challenge=abcdef', 'pkce_fixed'],
  ]
  for (const [query, rule] of refused) {
    assert.deepEqual(findings(declarative({ consent_url: start + query })), [[`${INPUT}/consent_url`, rule]], query)
  }
})

test('the fix-ups of base64 that specs write after codechallengeS256 change nothing', () => {
  const consent_url =
    "https://app.example.com/authorize?{{ state_param }}&code_challenge_method=S256&code_challenge={{ state_value | codechallengeS256 | replace('+', '-') | replace('/', '_') | replace('=', '') }}"
  const access_token_params = { code: '{{ auth_code_value }}', code_verifier: '{{ state_value }}' }
  const { uses_pkce, authorization_url, token_request } = plan({ consent_url, access_token_params })
  assert.equal(uses_pkce, true)
  assert.ok(authorization_url.names.has('code_challenge'))
  assert.ok(token_request.body?.names.has('code_verifier'))
  assert.equal(token_request.body?.names.has('state'), false)
})

test('a verifier in the token URL is a verifier too, and state elsewhere stays state', () => {
  const access_token_url =
    'https://api.example.com/token?{{ auth_code_param }}&code_verifier={{ state_value | urlencode }}&state={{ state_value }}'
  const { names } = plan({ access_token_url, access_token_params: {} }).token_request.url
  assert.deepEqual([...names].toSorted(), ['code', 'code_verifier', 'state'])
})

test('a host that the person names whole needs the allow list; below a fixed suffix it does not', () => {
  assert.deepEqual(
    findings(specs.gitlab).map(([pointer]) => pointer),
    [`${INPUT}/consent_url`, `${INPUT}/access_token_url`],
  )
  assert.ok(compileAirbytePlan(specs.gitlab, { allowed_hosts: ['gitlab.com'] }))
})

test('a name that nothing stands behind is nothing, as in Airbyte, and a warning', () => {
  const consent_url = 'https://app.example.com/authorize?{{ state_param }}&x={{ nobody }}'
  const [warning] = plan({ consent_url }).warnings
  assert.deepEqual([warning?.pointer, warning?.rule], [`${INPUT}/consent_url`, 'unknown_variable'])
})

test('a config field with a dot in its name is out of the reach of templates', () => {
  const spec = structuredClone(specs.gitlab) as typeof specs.gitlab & JsonObject
  const config = spec.advanced_auth.oauth_config_specification as JsonObject
  config.oauth_user_input_from_connector_config_specification = {
    properties: { domain: { path_in_connector_config: ['a.b'] } },
  }
  const error = refusal(() => compileAirbytePlan(spec, { allowed_hosts: ['gitlab.com'] }))
  assert.deepEqual(
    error.findings.map(({ rule }) => rule),
    ['dotted_step'],
  )
})

test('a spec without OAuth gives null', () => {
  assert.equal(compileAirbytePlan({ connectionSpecification: { type: 'object' } }), null)
})

test('advanced_auth without connector input gives the path maps and says that a provider declaration is needed', () => {
  const oauth = compileAirbytePlan(specs.pathMapsOnly)
  assert.ok(oauth !== null)
  assert.deepEqual([oauth.generation, oauth.plan, oauth.needs], ['advanced_auth', null, 'provider_declaration'])
  assert.deepEqual(oauth.user_input, [{ name: 'subdomain', path: ['subdomain'], required: true }])
  assert.deepEqual(oauth.predicate, { path: ['credentials', 'auth_type'], value: 'Client' })
  assert.deepEqual(oauth.output, [
    {
      name: 'access_token',
      path: ['credentials', 'access_token'],
      required: true,
      path_in_oauth_response: ['access_token'],
      types: ['string'],
    },
  ])
})

test('authSpecification points into an arm of a oneOf, whose discriminator becomes the predicate', () => {
  const oauth = compileAirbytePlan(specs.authSpecification)
  assert.ok(oauth !== null)
  assert.deepEqual([oauth.generation, oauth.plan, oauth.needs], ['auth_specification', null, 'provider_declaration'])
  assert.deepEqual(oauth.predicate, { path: ['credentials', 'auth_type'], value: 'Client' })
  assert.deepEqual(
    oauth.server_output.map(({ path }) => path),
    [
      ['credentials', 'client_id'],
      ['credentials', 'client_secret'],
    ],
  )
  assert.deepEqual(
    oauth.user_input.map(({ path }) => path),
    [['credentials', 'subdomain']],
  )
  assert.deepEqual(
    oauth.output.map(({ path }) => path),
    [['credentials', 'refresh_token']],
  )
})

test('a manifest spells its keys in snake case', () => {
  const { connectionSpecification, authSpecification } = specs.authSpecification
  const oauth = compileAirbytePlan({
    connection_specification: connectionSpecification,
    auth_specification: authSpecification,
  })
  assert.deepEqual(oauth?.predicate, { path: ['credentials', 'auth_type'], value: 'Client' })
})

test('state has the length that the spec allows, and random characters only', () => {
  const lengths = [
    [{ min: 43, max: 128 }, 43],
    [{ min: 7, max: 24 }, 24],
    [{ min: 60 }, 60],
    [{}, 24],
  ] as const
  for (const [state, length] of lengths)
    assert.match(createState(plan({ state }).state?.length), new RegExp(`^[\\w-]{${length}}$`))
  assert.equal(plan({}).state, undefined)
  assert.deepEqual(
    plan({ state: { min: 4, max: 10 } }).warnings.map(({ rule }) => rule),
    ['state_short'],
  )
})

test('the authorization response is read under the names that the spec gives', () => {
  const renamed = plan({ state_key: 'my_state', auth_code_key: 'auth_code' })
  const response = (query: string) => readAuthorizationResponse(renamed, new URLSearchParams(query), { state: 's1' })
  const { code, parameters } = response('auth_code=c1&my_state=s1&realm=7')
  assert.equal(code.reveal(), 'c1')
  assert.deepEqual(parameters, { realm: '7' })
  assert.throws(() => response('auth_code=c1&my_state=s2'), OAuthError)
  assert.throws(() => response('auth_code=c1'), { code: 'state_mismatch' })
})
