// The OAuth engine, with plans compiled once: authorization requests against grant and against their own cryptography,
// token requests against plain mustache, which splices values into text.
import { createHash, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import {
  buildAuthorizationRequest,
  buildTokenRequest,
  compileFlowPlan,
  createPkce,
  createState,
  type JsonObject,
  secret,
} from '@sluice/oauth'
import mustache from 'mustache'
import { callRates } from '../call-rate.ts'
import type { Measurement } from '../result.ts'

export const description = 'authorization and token requests built by the OAuth engine, against grant and mustache'

const encoded = (name: string) => `{{#urlencode}}{{{ ${name} }}}{{/urlencode}}`
const AUTHORIZATION_ENDPOINT = 'https://provider.example.com/oauth2/v1/authorize'
const TOKEN_ENDPOINT = 'https://provider.example.com/oauth2/v1/token'
const SCOPES = 'data.records:read schema.bases:read'

const CLIENT = { client_id: 'client-4f3a9c', redirect_uri: 'https://sluice.example.com/oauth/callback/0198c1' }
const CLIENT_SECRET = 'c7a1f0e2b9d84c5fa3e6071b2d9c8f4e'

/** A form with everything encoded, as most connectors send. */
const formSpec = {
  provider: 'example',
  authUrlTemplate:
    `${AUTHORIZATION_ENDPOINT}?response_type=code&client_id=${encoded('client_id')}` +
    `&redirect_uri=${encoded('redirect_uri')}&state=${encoded('state')}&code_challenge=${encoded('code_challenge')}` +
    `&code_challenge_method=${encoded('code_challenge_method')}&scope=${encodeURIComponent(SCOPES)}`,
  accessTokenUrlTemplate: TOKEN_ENDPOINT,
  accessTokenHeaders: { 'content-type': 'application/x-www-form-urlencoded' },
  accessTokenBody:
    `grant_type=authorization_code&client_id=${encoded('client_id')}&client_secret=${encoded('client_secret')}` +
    `&redirect_uri=${encoded('redirect_uri')}&code=${encoded('code')}&code_verifier=${encoded('code_verifier')}`,
  accessTokenResponseMap: { access_token: '/access_token' },
}

/** JSON with values in quotes, and the host by a value, as Zendesk has it. */
const jsonSpec = {
  ...formSpec,
  accessTokenUrlTemplate: 'https://{{{ config.subdomain }}}.example.com/oauth/tokens',
  accessTokenHeaders: { 'content-type': 'application/json' },
  accessTokenBody:
    '{"grant_type": "authorization_code", "code": "{{{ code }}}", "client_id": "{{{ client_id }}}", "client_secret": "{{{ client_secret }}}", "redirect_uri": "{{{ redirect_uri }}}", "code_verifier": "{{{ code_verifier }}}", "scope": "read"}',
}

const CONFIG = { subdomain: 'acme' }
const CODE = 'SplxlOBeZQQYbYS6WxSbIA'
const CODE_VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'

export async function measure(): Promise<Measurement[]> {
  const requests = await callRates({
    ours: ourAuthorizationRequest(),
    grant: grantsAuthorizationRequest(),
    cryptography,
  })
  const tokens = await callRates({
    form: ourTokenRequest(formSpec),
    form_mustache: plainMustache(formSpec),
    json: ourTokenRequest(jsonSpec),
    json_mustache: plainMustache(jsonSpec),
  })
  const unit = 'requests/s'
  const grant = 'engine.authorization_request_grant'
  const bare = 'engine.authorization_request_cryptography'
  const aim = 'ratio >= 0.333'
  return [
    { id: 'engine.authorization_request', value: requests.ours, unit, reference: grant, aim: 'ratio >= 1' },
    { id: 'engine.authorization_request_overhead', value: requests.ours, unit, reference: bare },
    { id: grant, value: requests.grant, unit, reference: bare },
    { id: bare, value: requests.cryptography, unit },
    { id: 'engine.token_request', value: tokens.form, unit, reference: 'engine.token_request_mustache', aim },
    { id: 'engine.token_request_mustache', value: tokens.form_mustache, unit },
    { id: 'engine.token_request_json', value: tokens.json, unit, reference: 'engine.token_request_json_mustache', aim },
    { id: 'engine.token_request_json_mustache', value: tokens.json_mustache, unit },
  ]
}

function ourAuthorizationRequest(): () => string {
  const plan = compileFlowPlan(formSpec)
  return () => {
    const { code_challenge, code_challenge_method } = createPkce()
    const state = createState()
    const input = { ...CLIENT, state, config: CONFIG, code_challenge, code_challenge_method }
    return buildAuthorizationRequest(plan, input).url
  }
}

interface GrantResponse {
  location: string
}
type Grant = (options: {
  config: unknown
}) => (request: {
  method: string
  params: { provider: string }
  session: Record<string, unknown>
}) => Promise<GrantResponse>

/** Its flow without HTTP server and session store: `lib/grant.js` is what all its handlers call. */
function grantsAuthorizationRequest(): () => Promise<string> {
  const createGrant = createRequire(import.meta.url)('grant/lib/grant.js') as Grant
  const grant = createGrant({
    config: {
      defaults: { origin: 'https://sluice.example.com' },
      example: {
        oauth: 2,
        authorize_url: AUTHORIZATION_ENDPOINT,
        access_url: TOKEN_ENDPOINT,
        key: CLIENT.client_id,
        secret: CLIENT_SECRET,
        redirect_uri: CLIENT.redirect_uri,
        scope: SCOPES.split(' '),
        scope_delimiter: ' ',
        state: true,
        pkce: true,
      },
    },
  })
  return async () => (await grant({ method: 'GET', params: { provider: 'example' }, session: {} })).location
}

/** What any authorization request with state and PKCE must compute (RFC 7636 §4.1, §4.2). */
function cryptography(): string {
  const state = randomBytes(32).toString('base64url')
  const code_verifier = randomBytes(32).toString('base64url')
  return state + createHash('sha256').update(code_verifier).digest('base64url')
}

function ourTokenRequest(spec: JsonObject): () => unknown {
  const plan = compileFlowPlan(spec)
  const client_secret = secret(CLIENT_SECRET)
  const code_verifier = secret(CODE_VERIFIER)
  const code = secret(CODE)
  return () => buildTokenRequest(plan, { ...CLIENT, client_secret, code, code_verifier, config: CONFIG })
}

/** As Flow renders the same request: URL, headers and body by mustache, whose parsed templates are cached. */
function plainMustache(spec: typeof formSpec): () => unknown {
  type Render = (text: string) => string
  const helpers = { urlencode: () => (text: string, render: Render) => encodeURIComponent(render(text)) }
  const headers = JSON.stringify(spec.accessTokenHeaders)
  return () => {
    const scope = {
      ...CLIENT,
      client_secret: CLIENT_SECRET,
      code: CODE,
      code_verifier: CODE_VERIFIER,
      config: CONFIG,
      ...helpers,
    }
    return {
      url: mustache.render(spec.accessTokenUrlTemplate, scope),
      headers: JSON.parse(mustache.render(headers, scope)) as unknown,
      body: mustache.render(spec.accessTokenBody, scope),
    }
  }
}
