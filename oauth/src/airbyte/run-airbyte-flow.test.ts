import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAuthorizationRequest } from '../authorization-request.ts'
import { readAuthorizationResponse } from '../authorization-response.ts'
import * as specs from '../fixtures/airbyte-specs.ts'
import { startServer } from '../fixtures/local-server.ts'
import { createGuardedFetch } from '../guarded-fetch.ts'
import type { JsonObject } from '../json.ts'
import { mapCredentials } from '../map-credentials.ts'
import { createPkce, createState } from '../pkce.ts'
import { buildRefreshRequest } from '../refresh-request.ts'
import { secret } from '../secret.ts'
import { buildTokenRequest } from '../token-request.ts'
import { readTokenResponse } from '../token-response.ts'
import { compileAirbytePlan } from './compile-airbyte-plan.ts'
import { writeOAuthOutput } from './write-oauth-output.ts'

const now = new Date('2026-11-21T13:00:00.000Z')
const redirect_uri = 'https://sluice.example.com/oauth/callback/1'
const client_id = 'client+1'
const client_secret = 's3"cr&t=%'
const code = 'c/o d"e'
const FORM = 'application/x-www-form-urlencoded'
const CODE_GRANT = { grant_type: 'authorization_code', code, redirect_uri }
const CLIENT = { client_id, client_secret }
const BEARER = { access_token: 'at-1', refresh_token: 'rt-1', expires_in: 3600, token_type: 'bearer' }

interface Run {
  spec: typeof specs.hubspot
  config: JsonObject
  /** What the provider calls `code` in its redirection. */
  code_name?: string
  /** Parameters that the authorization endpoint insists on, beyond those of every run. */
  authorization: Record<string, string>
  /** The token request that the provider insists on. */
  token: {
    path: string
    content_type: string
    parameters: (verifier: string) => Record<string, string>
    authorization?: string
  }
  reply: JsonObject
  /** The connector's config afterwards. */
  result: JsonObject
}

const OAUTH_ARM = { auth_type: 'Client', ...CLIENT }
const EXPIRES = { token_expiry_date: '2026-11-21T14:00:00.000Z' }

const runs: Record<string, Run> = {
  googleAnalytics: {
    spec: specs.googleAnalytics,
    config: { property_ids: ['1'] },
    authorization: {
      client_id,
      redirect_uri,
      scope: 'https://www.googleapis.com/auth/analytics.readonly https://www.googleapis.com/auth/userinfo.email',
      access_type: 'offline',
      prompt: 'consent',
    },
    token: { path: '/token', content_type: FORM, parameters: () => ({ ...CODE_GRANT, ...CLIENT }) },
    reply: BEARER,
    result: { property_ids: ['1'], credentials: { ...OAUTH_ARM, refresh_token: 'rt-1' } },
  },
  hubspot: {
    spec: specs.hubspot,
    config: { credentials: { auth_type: 'Key' } },
    authorization: {
      scope: 'crm.objects.contacts.read crm.schemas.contacts.read',
      optional_scopes: 'automation e-commerce',
    },
    token: { path: '/oauth/v1/token', content_type: FORM, parameters: () => ({ ...CODE_GRANT, ...CLIENT }) },
    reply: BEARER,
    result: { credentials: { ...OAUTH_ARM, refresh_token: 'rt-1' } },
  },
  typeform: {
    spec: specs.typeform,
    config: {},
    authorization: { scope: 'offline forms:read responses:read' },
    token: { path: '/oauth/token', content_type: FORM, parameters: () => ({ ...CODE_GRANT, ...CLIENT }) },
    reply: BEARER,
    result: { credentials: { ...OAUTH_ARM, access_token: 'at-1', refresh_token: 'rt-1', ...EXPIRES } },
  },
  airtable: {
    spec: specs.airtable,
    config: {},
    authorization: { code_challenge_method: 'S256' },
    token: {
      path: '/oauth2/v1/token',
      content_type: FORM,
      parameters: (code_verifier) => ({ ...CODE_GRANT, code_verifier }),
      // RFC 6749 §2.3.1: a secret that holds "%" is form-encoded.
      authorization: `Basic ${btoa('client+1:s3%22cr%26t%3D%25')}`,
    },
    reply: BEARER,
    result: { credentials: { ...OAUTH_ARM, access_token: 'at-1', refresh_token: 'rt-1', ...EXPIRES } },
  },
  snapchat: {
    spec: specs.snapchat,
    config: {},
    authorization: { scope: 'snapchat-marketing-api' },
    token: {
      path: '/login/oauth2/access_token',
      content_type: 'application/json',
      parameters: () => ({ ...CODE_GRANT, ...CLIENT }),
    },
    reply: BEARER,
    result: { ...CLIENT, refresh_token: 'rt-1', credentials: { auth_type: 'Client' } },
  },
  gitlab: {
    spec: specs.gitlab,
    config: { api_url: 'gitlab.example.com' },
    authorization: { scope: 'read_api' },
    token: {
      path: '/oauth/token',
      content_type: 'application/json',
      parameters: () => ({ ...CODE_GRANT, ...CLIENT }),
    },
    reply: BEARER,
    result: {
      api_url: 'gitlab.example.com',
      credentials: { ...OAUTH_ARM, access_token: 'at-1', refresh_token: 'rt-1', ...EXPIRES },
    },
  },
  tiktok: {
    spec: specs.tiktok,
    config: {},
    code_name: 'auth_code',
    authorization: { app_id: client_id },
    token: {
      path: '/open_api/v1.3/oauth2/access_token/',
      content_type: 'application/json',
      parameters: () => ({ auth_code: code, app_id: client_id, secret: client_secret }),
    },
    reply: { code: 0, message: 'OK', data: { access_token: 'at-1', advertiser_ids: ['7'] } },
    result: {
      credentials: { auth_type: 'oauth2.0', app_id: client_id, secret: client_secret, access_token: 'at-1' },
    },
  },
  amazonSellerPartner: {
    spec: specs.amazonSellerPartner,
    config: { app_id: 'amzn1.sp.solution/1&2' },
    code_name: 'spapi_oauth_code',
    authorization: { application_id: 'amzn1.sp.solution/1&2', version: 'beta' },
    token: { path: '/auth/o2/token', content_type: FORM, parameters: () => ({ ...CODE_GRANT, ...CLIENT }) },
    reply: BEARER,
    result: {
      app_id: 'amzn1.sp.solution/1&2',
      lwa_app_id: client_id,
      lwa_client_secret: client_secret,
      refresh_token: 'rt-1',
      credentials: { auth_type: 'oauth2.0' },
    },
  },
}

for (const [name, run] of Object.entries(runs)) {
  test(`${name}: from the consent page to the connector's config, against a provider that insists`, async (t) => {
    const { code_verifier, code_challenge } = createPkce()
    const provider = await startServer(t, (_request, response) => {
      const seen = provider.requests.at(-1)
      const url = new URL(seen?.url ?? '', provider.origin)
      const content_type = seen?.headers['content-type'] ?? ''
      const body = content_type === 'application/json' ? JSON.parse(seen?.body || '{}') : fields(seen?.body ?? '')
      const said = [
        seen?.method,
        url.pathname,
        content_type,
        seen?.headers.authorization,
        { ...fields(url.search), ...body },
      ]
      const { path, parameters, authorization } = run.token
      const wanted = ['POST', path, run.token.content_type, authorization, parameters(code_verifier.reveal())]
      const isRight = same(said, wanted)
      response.writeHead(isRight ? 200 : 400, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify(isRight ? run.reply : { error: 'invalid_request', error_description: JSON.stringify(said) }),
      )
    })
    // The plan asks the real host; only the connection goes to this machine.
    const oauth = compileAirbytePlan(run.spec, { allowed_hosts: ['gitlab.example.com'] })
    assert.ok(oauth?.generation === 'declarative')
    const { plan } = oauth
    const state = createState(plan.state?.length)
    const context = { client_id, redirect_uri, config: run.config, state }

    const { url } = buildAuthorizationRequest(plan, { ...context, code_challenge })
    const asked = new URL(url).searchParams
    for (const [key, value] of Object.entries(run.authorization)) assert.equal(asked.get(key), value, key)
    if (plan.uses_pkce) assert.equal(asked.get('code_challenge'), code_challenge)
    assert.ok(!url.includes(code_verifier.reveal()))

    const callback = new URLSearchParams({ [run.code_name ?? 'code']: code, state })
    const response = readAuthorizationResponse(plan, callback, { state })
    const request = buildTokenRequest(plan, {
      ...context,
      client_secret: secret(client_secret),
      code: response.code,
      code_verifier,
      parameters: response.parameters,
    })
    const { pathname, search } = new URL(request.url)
    const fetch = createGuardedFetch({ allow_loopback: true })
    const reply = await fetch({ ...request, url: `${provider.origin}${pathname}${search}` })
    const tokens = readTokenResponse(plan, reply, { now, phase: 'authorization_code' })
    assert.equal(tokens.access_token.reveal(), 'at-1')

    const credentials = mapCredentials(plan, tokens, { now, phase: 'authorization_code' })
    const output = {
      credentials,
      client_id,
      client_secret: secret(client_secret),
      phase: 'authorization_code',
    } as const
    const before = structuredClone(run.config)
    assert.deepEqual(writeOAuthOutput(oauth, run.config, output).reveal(), run.result)
    assert.deepEqual(run.config, before)
  })
}

test('a refresh uses the names that the spec gives to the client, and RFC 6749 where it gives none', () => {
  const refresh = (spec: unknown) => {
    const plan = compileAirbytePlan(spec)?.plan
    assert.ok(plan)
    return buildRefreshRequest(plan, {
      client_id,
      client_secret: secret(client_secret),
      refresh_token: secret('rt-1'),
      config: {},
    })
  }
  const { url, body, headers } = refresh(specs.tiktok)
  assert.equal(url, 'https://business-api.tiktok.com/open_api/v1.3/oauth2/access_token/')
  assert.equal(headers['content-type'], 'application/json')
  assert.deepEqual(JSON.parse(body ?? ''), {
    grant_type: 'refresh_token',
    refresh_token: 'rt-1',
    app_id: client_id,
    secret: client_secret,
  })
  const google = refresh(specs.googleAnalytics)
  assert.equal(google.url, 'https://oauth2.googleapis.com/token')
  assert.deepEqual(fields(google.body ?? ''), { grant_type: 'refresh_token', refresh_token: 'rt-1', ...CLIENT })
  assert.match(refresh(specs.airtable).headers.authorization ?? '', /^Basic /)
})

function fields(form: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(form))
}

function same(left: unknown, right: unknown): boolean {
  try {
    assert.deepEqual(left, right)
    return true
  } catch {
    return false
  }
}
