import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consent, startLab } from '@sluice/lab'
import { buildAuthorizationRequest } from '../authorization-request.ts'
import { readAuthorizationResponse } from '../authorization-response.ts'
import { airtable } from '../fixtures/airbyte-specs.ts'
import { createGuardedFetch } from '../guarded-fetch.ts'
import { isJsonObject } from '../json.ts'
import { mapCredentials } from '../map-credentials.ts'
import { createPkce, createState } from '../pkce.ts'
import { buildRefreshRequest } from '../refresh-request.ts'
import { type Secret, secret } from '../secret.ts'
import { buildTokenRequest } from '../token-request.ts'
import { readTokenResponse } from '../token-response.ts'
import { compileAirbytePlan } from './compile-airbyte-plan.ts'
import { writeOAuthOutput } from './write-oauth-output.ts'

/** Airtable's spec (PKCE, HTTP Basic, a rotating grant) with the lab's endpoints and scopes. */
function specFor(origin: string): unknown {
  const text = JSON.stringify(airtable)
    .replace('https://airtable.com/oauth2/v1/authorize', `${origin}/auth`)
    .replace('https://airtable.com/oauth2/v1/token', `${origin}/token`)
    .replace(/"scope":"[^"]*"/, '"scope":"customers:read offline_access"')
  return JSON.parse(text)
}

test('an Airbyte connector is authorized at a real authorization server, and its grant refreshed into its config', async () => {
  await using lab = await startClosingLab()
  const { client_id, client_secret, redirect_uris } = lab.addClient()
  const redirect_uri = redirect_uris[0] ?? ''
  const oauth = compileAirbytePlan(specFor(lab.origin), { allow_loopback: true })
  assert.ok(oauth?.generation === 'declarative')
  const { plan } = oauth
  const fetch = createGuardedFetch({ allow_loopback: true })
  const client = { client_id, client_secret: secret(client_secret) }

  const { code_verifier, code_challenge } = createPkce()
  const state = createState(plan.state?.length)
  const { url } = buildAuthorizationRequest(plan, { client_id, redirect_uri, state, config: {}, code_challenge })
  const redirect = await consent(url, { decision: 'allow' })
  const { code, parameters } = readAuthorizationResponse(plan, redirect.searchParams, { state, issuer: lab.origin })
  const request = buildTokenRequest(plan, { ...client, redirect_uri, code, code_verifier, config: {}, parameters })
  const first = { now: new Date(), phase: 'authorization_code' } as const
  const tokens = readTokenResponse(plan, await fetch(request), first)
  const config = writeOAuthOutput(
    oauth,
    {},
    { ...client, credentials: mapCredentials(plan, tokens, first), phase: first.phase },
  )
  const { credentials } = config.reveal()
  assert.ok(isJsonObject(credentials))
  assert.equal(await askApi(lab.origin, tokens.access_token), 200)
  assert.deepEqual(Object.keys(credentials).toSorted(), [
    'access_token',
    'auth_type',
    'client_id',
    'client_secret',
    'refresh_token',
    'token_expiry_date',
  ])
  assert.ok(Date.parse(String(credentials.token_expiry_date)) > Date.now())

  const refresh_token = secret(String(credentials.refresh_token))
  const refresh = buildRefreshRequest(plan, { ...client, refresh_token, config: config.reveal() })
  const second = { now: new Date(), phase: 'refresh_token' } as const
  const fresh = readTokenResponse(plan, await fetch(refresh), second)
  const renewed = writeOAuthOutput(oauth, config.reveal(), {
    ...client,
    credentials: mapCredentials(plan, fresh, second),
    phase: second.phase,
  })
  assert.equal(await askApi(lab.origin, fresh.access_token), 200)
  const after = renewed.reveal().credentials
  assert.ok(isJsonObject(after))
  assert.equal(after.access_token, fresh.access_token.reveal())
  assert.notEqual(after.access_token, credentials.access_token)
})

async function startClosingLab() {
  const lab = await startLab()
  return Object.assign(lab, { [Symbol.asyncDispose]: () => lab.close() })
}

async function askApi(origin: string, token: Secret): Promise<number> {
  const response = await fetch(`${origin}/api/me`, { headers: { authorization: `Bearer ${token.reveal()}` } })
  await response.body?.cancel()
  return response.status
}
