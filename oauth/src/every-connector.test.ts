// Design, section 3, on every OAuth spec of the table in contracts/flow.md §7: the structure of a request depends on its
// template alone, every value arrives whole in its own leaf, and benign values give the bytes that plain mustache gives.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildAuthorizationRequest } from './authorization-request.ts'
import { compileFlowPlan } from './compile-flow-plan.ts'
import { OAuthError } from './errors.ts'
import { connectors } from './fixtures/connectors/index.ts'
import { renderAsFlow } from './fixtures/plain-mustache.ts'
import { type Leaves, leavesOf, type SentRequest } from './fixtures/request-leaves.ts'
import type { JsonObject } from './json.ts'
import { lintFlowSpec } from './lint/lint-flow-spec.ts'
import type { OAuthPlan } from './plan.ts'
import { secret } from './secret.ts'
import { hostileText } from './testing/hostile-text.ts'
import { buildTokenRequest } from './token-request.ts'

const VARIABLES = [
  'client_id',
  'client_secret',
  'redirect_uri',
  'state',
  'code',
  'code_verifier',
  'code_challenge',
] as const
type Values = Record<(typeof VARIABLES)[number], string>

const CONFIG = { subdomain: 'acme', store: 'acme', is_sandbox: false }
const CONFIGS: JsonObject[] = [
  CONFIG,
  { ...CONFIG, is_sandbox: true },
  { ...CONFIG, my_domain: 'acme.my.salesforce.com' },
]
const POLICY = { allowed_hosts: ['.my.salesforce.com'] }

function authorization(
  plan: OAuthPlan,
  { client_id, redirect_uri, state, code_challenge }: Values,
  config: JsonObject,
) {
  return buildAuthorizationRequest(plan, { client_id, redirect_uri, state, code_challenge, config })
}

function token(plan: OAuthPlan, values: Values, config: JsonObject) {
  const { client_id, redirect_uri, client_secret, code, code_verifier } = values
  const secrets = { client_secret: secret(client_secret), code: secret(code), code_verifier: secret(code_verifier) }
  return buildTokenRequest(plan, { client_id, redirect_uri, config, ...secrets })
}
const BUILDERS = { authorization, token } satisfies Record<string, (...args: Parameters<typeof token>) => SentRequest>

const hostile = fc.record<Values>(
  Object.fromEntries(VARIABLES.map((name) => [name, hostileText])) as { [Name in keyof Values]: fc.Arbitrary<string> },
)

/** Values that no encoding changes and that cannot be part of each other, to see where each lands. */
const MARKERS = Object.fromEntries(VARIABLES.map((name, index) => [name, `marker${index}`])) as Values

/** The leaves that `values` must arrive in: those of the markers, with each marker replaced. */
function expectedLeaves(marked: Leaves, values: Values): Leaves {
  const fill = (text: string) => {
    const pieces = text.split(/marker(\d)/)
    return pieces.map((piece, at) => (at % 2 === 0 ? piece : values[VARIABLES[Number(piece)] ?? 'state'])).join('')
  }
  const entries = Object.entries(marked).map(([path, leaf]) => [path, typeof leaf === 'string' ? fill(leaf) : leaf])
  return Object.fromEntries(entries)
}

for (const [name, spec] of Object.entries(connectors)) {
  const plan = compileFlowPlan(spec, POLICY)
  for (const [kind, build] of Object.entries(BUILDERS)) {
    const benign = CONFIGS.map((config) => leavesOf(build(plan, MARKERS, config)))

    test(`S26 S27 ${name}: whatever the values, the ${kind} request has the same structure, and each arrives whole`, () => {
      fc.assert(
        fc.property(hostile, fc.nat({ max: CONFIGS.length - 1 }), (values, at) => {
          const leaves = leavesOf(build(plan, values, CONFIGS[at] ?? CONFIG))
          assert.deepEqual(Object.keys(leaves), Object.keys(benign[at] ?? {}))
          assert.deepEqual(leaves, expectedLeaves(benign[at] ?? {}, values))
        }),
      )
    })
  }
}

const SUFFIXES = { subdomain: '.zendesk.com', store: '.myshopify.com', my_domain: '.my.salesforce.com' }

for (const [field, suffix] of Object.entries(SUFFIXES)) {
  const taking = Object.entries(connectors).filter(([, spec]) => spec.authUrlTemplate.includes(`config.${field}`))

  test(`S21 whatever ${field} is, both requests go below ${suffix} or nowhere`, () => {
    assert.ok(taking.length > 0)
    const plans = taking.map(([, spec]) => compileFlowPlan(spec, POLICY))
    fc.assert(
      fc.property(fc.oneof(hostileText, fc.domain()), (text) => {
        for (const plan of plans) {
          for (const build of Object.values(BUILDERS)) {
            try {
              const { host } = new URL(build(plan, MARKERS, { ...CONFIG, [field]: text }).url)
              assert.ok(host.endsWith(suffix), host)
            } catch (error) {
              assert.ok(error instanceof OAuthError)
              assert.deepEqual([error.code, error.field], ['refused_value', `config.${field}`])
            }
          }
        }
      }),
    )
  })
}

/** The template with its author's slips mended, which plain mustache would not forgive. */
function asMeant(template: string): string {
  return template
    .replaceAll(/\{\{\{([#/]urlencode)\}\}\}/g, '{{$1}}')
    .replaceAll(/(?<!\{)\{\{\s*([\w.]+)\s*\}\}(?!\})/g, '{{{$1}}}')
}

const unreserved = fc.stringMatching(/^[A-Za-z0-9\-._~]{1,40}$/)
const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/)
const benignValues = fc.record<Values>({
  client_id: unreserved,
  client_secret: unreserved,
  redirect_uri: fc.webUrl({ withQueryParameters: false }).filter((url) => /^[A-Za-z0-9\-._~:/]+$/.test(url)),
  state: unreserved,
  code: unreserved,
  code_verifier: unreserved,
  code_challenge: unreserved,
})
const benignConfig = fc.record({
  subdomain: label,
  store: label,
  is_sandbox: fc.boolean(),
  my_domain: fc.oneof(
    fc.constant(''),
    label.map((text) => `${text}.my.salesforce.com`),
  ),
})

for (const [name, spec] of Object.entries(connectors)) {
  test(`${name}: benign values give byte for byte what plain mustache gives`, () => {
    const plan = compileFlowPlan(spec, POLICY)
    fc.assert(
      fc.property(benignValues, benignConfig, (values, config) => {
        const scope = { ...values, config, code_challenge_method: 'S256' }
        const flow = (template: unknown) => renderAsFlow(asMeant(String(template ?? '')), scope)
        assert.equal(authorization(plan, values, config).url, new URL(flow(spec.authUrlTemplate)).href)

        const request = token(plan, values, config)
        assert.equal(request.url, new URL(flow(spec.accessTokenUrlTemplate)).href)
        assert.equal(request.body, flow(spec.accessTokenBody) || null)
        for (const [header, template] of Object.entries(spec.accessTokenHeaders ?? {})) {
          assert.equal(request.headers[header.toLowerCase()], flow(template))
        }
      }),
    )
  })
}

test('every connector of the table compiles, and the linter says of each what the table says', () => {
  const refreshOnly = 'note /accessTokenResponseMap access_token_unmapped'
  const unencoded = [
    'warning /authUrlTemplate value_unencoded',
    'warning /accessTokenBody value_unencoded',
    refreshOnly,
  ]
  const inQuery = [
    'warning /accessTokenUrlTemplate secret_in_url',
    'warning /authUrlTemplate value_unencoded',
    'warning /accessTokenUrlTemplate value_unencoded',
  ]
  const expected: Record<string, string[]> = {
    'source-airtable': ['warning /accessTokenBody client_authentication_twice'],
    'source-airtable-native': ['warning /accessTokenBody client_authentication_twice'],
    'source-linkedin-ads-v2': [refreshOnly],
    'source-hubspot': [refreshOnly],
    'source-hubspot-native': [refreshOnly],
    'source-salesforce-native': [
      'warning /authUrlTemplate host_open',
      'warning /accessTokenUrlTemplate host_open',
      refreshOnly,
    ],
    'source-zoho': [refreshOnly],
    'source-dropbox': unencoded,
    'source-onedrive': unencoded,
    'source-sharepoint': unencoded,
    'source-google-ads': [refreshOnly],
    'source-google-analytics-data-api-native': [refreshOnly],
    'source-google-sheets-native': [refreshOnly],
    'source-google-drive': [refreshOnly],
    'materialize-google-sheets': [refreshOnly],
    'materialize-google-pubsub': [refreshOnly],
    'source-test': ['warning /authUrlTemplate double_braces', 'warning /accessTokenBody double_braces', refreshOnly],
    'source-asana': inQuery,
    'source-facebook-marketing-native': inQuery,
    'source-linkedin-pages': ['warning /accessTokenUrlTemplate secret_in_url'],
    'source-shopify': [
      'warning /authUrlTemplate triple_brace_section',
      'warning /accessTokenUrlTemplate triple_brace_section',
      'warning /accessTokenBody triple_brace_section',
      'warning /accessTokenBody client_authentication_twice',
      'warning /accessTokenUrlTemplate secret_in_url',
    ],
  }
  for (const [name, spec] of Object.entries(connectors)) {
    const found = lintFlowSpec(spec).map(({ severity, pointer, rule }) => `${severity} ${pointer} ${rule}`)
    assert.deepEqual(found, expected[name] ?? [], name)
  }
})

test("the authors' slips that the table tells of work as they were meant", () => {
  const { 'source-shopify': shopify, 'source-test': escaped } = connectors
  assert.ok(shopify && escaped)
  const values = { ...MARKERS, client_id: 'a b/=&', redirect_uri: 'https://sluice.example.com/a?b=c' }
  const request = token(compileFlowPlan(shopify), values, CONFIG)
  assert.ok(request.body?.startsWith('client_id=a%20b%2F%3D%26&'))
  assert.equal(new URL(request.url).searchParams.get('client_id'), 'a b/=&')
  assert.equal(JSON.parse(token(compileFlowPlan(escaped), values, CONFIG).body ?? '').redirect_uri, values.redirect_uri)
})
