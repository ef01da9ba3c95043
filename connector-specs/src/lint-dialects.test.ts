import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { lint, lintFile } from './lint.ts'
import { listProviders, PROVIDERS_DIRECTORY } from './providers/load-provider.ts'
import { toSarif } from './sarif.ts'

const places = (findings: ReturnType<typeof lint>) =>
  findings.map(({ severity, rule, pointer, region }) => `${severity} ${rule} ${pointer} ${region?.line}`)

test('every provider declaration that comes with Sluice has nothing to mend', async () => {
  for (const name of await listProviders()) {
    const { findings } = await lintFile(join(PROVIDERS_DIRECTORY, `${name}.yaml`))
    assert.deepEqual(places(findings), [], name)
  }
})

test('what is wrong with a provider declaration is told with its line', () => {
  const declaration = `provider: acme
config:
  host: { title: Host }
authorization:
  url: https://{{config.host}}/authorize
  parameters:
    state: fixed
    code_challenge_method: plain
    hint: '{{client_secret}}'
token:
  url: https://acme.example/token?a=1
  colour: blue
grants:
  authorization_code: {}
`
  assert.deepEqual(places(lint(declaration)), [
    'note documentation_missing /documentation_url 1',
    'error state_missing /authorization/parameters/state 7',
    'error pkce_plain /authorization/parameters/code_challenge_method 8',
    'error secret_exposed /authorization/parameters/hint 9',
    'error unknown_field /token 10',
  ])
  const known = declaration.replace('  colour: blue\n', '')
  assert.deepEqual(
    places(lint(known)).filter((line) => !/state|pkce|documentation|secret/.test(line)),
    [
      'error host_open /authorization/url 5',
      'error unknown_variable /authorization/parameters/hint 9',
      'error url_query /token/url 11',
    ],
  )
})

test('an alias is linted with what it inherits', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'lint-'))
  t.after(() => rm(directory, { recursive: true }))
  const base = {
    provider: 'base',
    documentation_url: 'https://acme.example/docs',
    authorization: { url: 'https://acme.example/authorize' },
    token: { url: 'https://acme.example/token' },
    grants: { authorization_code: {} },
  }
  await writeFile(join(directory, 'base.yaml'), JSON.stringify(base))
  const path = join(directory, 'own.yaml')
  await writeFile(path, 'provider: own\nalias_of: base\ntoken:\n  url: https://own.example/token?x=1\n')
  assert.deepEqual(places((await lintFile(path)).findings), ['error url_query /token/url 4'])
})

const OUTPUT = { complete_oauth_output_specification: { properties: { id: { path_in_connector_config: ['id'] } } } }
const airbyte = (input: object) => ({
  connectionSpecification: { type: 'object', properties: {} },
  advanced_auth: {
    auth_flow_type: 'oauth2.0',
    oauth_config_specification: {
      ...OUTPUT,
      oauth_connector_input_specification: {
        consent_url:
          'https://acme.example/authorize?client_id={{ client_id_value | urlEncoder }}&redirect_uri={{ redirect_uri_value | urlEncoder }}&state={{ state_value | urlEncoder }}',
        access_token_url: 'https://acme.example/token',
        access_token_params: { code: '{{ auth_code_value }}' },
        extract_output: ['id'],
        ...input,
      },
    },
  },
})

test('what is wrong or doubtful in an Airbyte spec is told with its line, in a manifest too', () => {
  const INPUT = '/advanced_auth/oauth_config_specification/oauth_connector_input_specification'
  const pointed = (value: object) =>
    lint(JSON.stringify(value, null, 1)).map(({ rule, pointer }) => `${rule} ${pointer}`)
  assert.deepEqual(pointed(airbyte({})), [`access_token_missing ${INPUT}/extract_output`])
  const secretShown = airbyte({
    consent_url: 'https://{{ host }}/a?state={{ state_value }}&s={{ client_secret_value }}',
  })
  const rules = lint(JSON.stringify(secretShown, null, 1)).map(({ rule, severity }) => `${severity} ${rule}`)
  assert.ok(rules.includes('error secret_exposed'), rules.join())
  const stateless = airbyte({ consent_url: 'https://acme.example/a?x=1', state: { min: 4, max: 8 } })
  const [first] = lint(JSON.stringify({ spec: stateless }, null, 1))
  assert.equal(first?.rule, 'state_missing')
  assert.equal(first?.pointer, `/spec${INPUT}/consent_url`)
  assert.ok((first?.region?.line ?? 0) > 5)
})

test('findings of every dialect fit into one SARIF log', () => {
  const findings = [airbyte({}), { provider: 'acme', grants: {} }].flatMap((spec) => lint(JSON.stringify(spec)))
  const log = JSON.parse(JSON.stringify(toSarif([{ path: 'specs.json', findings }], '1.0.0')))
  const [run] = log.runs
  assert.equal(run.results.length, findings.length)
  for (const { ruleId, ruleIndex } of run.results) assert.equal(run.tool.driver.rules[ruleIndex].id, ruleId)
})
