// Runs the real engine, compiled from one declaration, against a stand-in derived from another: the same, or the one
// before a mutation. Whatever the two disagree on throws.

import assert from 'node:assert/strict'
import {
  assertionClaims,
  buildApiRequest,
  buildAuthorizationRequest,
  buildClientCredentialsRequest,
  buildFollowUpRequest,
  buildIntrospectionRequest,
  buildJwtBearerRequest,
  buildPasswordRequest,
  buildRefreshRequest,
  buildRevocationRequest,
  buildTestCall,
  buildTokenRequest,
  compileProvider,
  createPkce,
  createState,
  type JsonObject,
  mapCredentials,
  OAuthError,
  type OAuthPlan,
  type ProviderDeclaration,
  providerDeclaration,
  readAuthorizationResponse,
  readFollowUpResponse,
  readTokenResponse,
  secret,
  type TokenRequest,
  type TokenSet,
} from '@sluice/oauth'
import { configsOf, proveConfig } from './prove-config.ts'
import { proveOAuth1 } from './prove-oauth1.ts'
import { ASSERTION, AUDIENCE, CLIENT, type Grant, NOW, REDIRECT_URI, type Reply, StandIn, USER } from './stand-in.ts'

const client = {
  client_id: CLIENT.client_id,
  client_secret: secret(CLIENT.client_secret),
  client_assertion: secret(CLIENT.client_assertion),
  now: NOW,
}

/** Code flow, refresh, client credentials, password, JWT bearer, revocation, introspection, API and errors, as far as the provider has them. */
export function proveProvider(source: JsonObject, standInSource: JsonObject = source): void {
  const compiled = compileProvider(source)
  const declared = providerDeclaration.parse(standInSource)
  if (compiled.protocol === 'oauth1') proveOAuth1(compiled.plan, declared)
  else proveOAuth2(compiled.plan, source, declared)
}

function proveOAuth2(plan: OAuthPlan, source: JsonObject, declared: ProviderDeclaration): void {
  proveFacts(plan, declared)
  proveConfig(providerDeclaration.parse(source), declared)
  for (const config of configsOf(declared)) {
    if (declared.grants.authorization_code) proveCodeGrant(plan, declared, config)
    if (declared.grants.client_credentials) proveClientCredentials(plan, declared, config)
    if (declared.grants.password) provePassword(plan, declared, config)
    if (declared.grants.jwt_bearer) proveJwtBearer(plan, declared, config)
  }
}

function proveCodeGrant(plan: OAuthPlan, declared: ProviderDeclaration, config: Record<string, string>): void {
  const standIn = new StandIn(declared, config)
  proveRedirectUris(plan, declared, config)
  // Once with lists of two, for their separators, then with the default scopes.
  const lists = Object.fromEntries(
    ['scope', ...Object.keys(declared.scopes.further)].map((name) => [name, ['one', 'two:b']]),
  )
  authorize(plan, standIn, config, lists)
  const { code, code_verifier, captured } = authorize(plan, standIn, config)
  const callback = { ...captured }
  assert.deepEqual(callback, standIn.captured)

  const request = buildTokenRequest(plan, {
    ...client,
    config,
    code,
    redirect_uri: REDIRECT_URI,
    captured: callback,
    ...(code_verifier && { code_verifier }),
  })
  const reply = standIn.token('authorization_code', request)
  let tokens = readTokenResponse(plan, reply, { now: NOW, phase: 'authorization_code' })
  requireIssued(tokens, standIn, declared, 'authorization_code')
  proveRequired(plan, declared, reply)
  assert.equal(plan.behaviour.follow_ups.length, declared.grants.authorization_code?.follow_up.length)
  for (const [index, step] of plan.behaviour.follow_ups.entries()) {
    const context = { ...client, config, captured: callback, tokens }
    const answer = standIn.followUp(index, buildFollowUpRequest(plan, step, context), tokens.access_token.reveal())
    const captures = declared.grants.authorization_code?.follow_up[index]?.response.capture
    const before = tokens
    requireCaptures(captures, (pointers) => {
      readFollowUpResponse(plan, step, without(answer, pointers), { tokens: before, now: NOW })
    })
    tokens = readFollowUpResponse(plan, step, answer, { tokens, now: NOW })
    requireTokens(tokens, standIn)
    requireLifetime(tokens, standIn, step.gives_token)
  }
  const credentials = mapCredentials(plan, tokens, { now: NOW, phase: 'authorization_code', captured: callback })
  requireCredentials(credentials.reveal(), standIn, callback)
  const all = { ...callback, ...tokens.captured }
  proveApi(plan, declared, standIn, { config, captured: all, tokens })
  proveErrors(plan, declared, standIn, 'authorization_code')
  if (declared.grants.refresh_token) tokens = proveRefresh(plan, declared, standIn, { config, captured: all, tokens })
  proveEnd(plan, declared, standIn, { config, captured: all, tokens })
}

function authorize(
  plan: OAuthPlan,
  standIn: StandIn,
  config: Record<string, string>,
  scopes?: Record<string, string[]>,
) {
  const state = createState()
  const pkce = plan.uses_pkce ? createPkce() : null
  const { url } = buildAuthorizationRequest(plan, {
    client_id: CLIENT.client_id,
    redirect_uri: REDIRECT_URI,
    state,
    config,
    now: NOW,
    ...(scopes && { scopes }),
    ...(pkce && { code_challenge: pkce.code_challenge }),
  })
  const response = readAuthorizationResponse(plan, standIn.authorize(url, scopes), { state })
  return { ...response, code_verifier: pkce?.code_verifier }
}

type Captures = Record<string, { from: string; required: boolean }> | undefined

/** A reply without what is required is refused; without what is not, it is read. */
function requireCaptures(captures: Captures, read: (without: string) => void): void {
  for (const from of new Set(Object.values(captures ?? {}).map((capture) => capture.from))) {
    const required = Object.values(captures ?? {}).some((capture) => capture.from === from && capture.required)
    const accepted = accepts(() => read(from), 'malformed_response')
    assert.equal(accepted, !required, from)
  }
}

function proveRequired(plan: OAuthPlan, declared: ProviderDeclaration, reply: Reply): void {
  const captures = { ...declared.token.response?.capture, ...declared.grants.authorization_code?.response?.capture }
  requireCaptures(captures, (pointer) => {
    readTokenResponse(plan, without(reply, pointer), { now: NOW, phase: 'authorization_code' })
  })
  requireCaptures(declared.authorization?.response.capture, (parameter) => {
    const names = Object.values(declared.authorization?.response.capture ?? {}).map(({ from }) => from)
    const response = new URLSearchParams({ [declared.authorization?.response.code ?? '']: 'c', state: 's' })
    const host = (plan.url_policy.allowed_hosts.at(-1) ?? '').replace(/^\./, 'acme.')
    for (const name of names) if (name !== parameter) response.set(name, host === '' ? 'kept' : `https://${host}`)
    readAuthorizationResponse(plan, response, { state: 's' })
  })
}

function accepts(attempt: () => void, code: string): boolean {
  try {
    attempt()
    return true
  } catch (error) {
    if (error instanceof OAuthError && error.code === code) return false
    throw error
  }
}

function without(reply: Reply, pointer: string): Reply {
  const body = JSON.parse(reply.body)
  const steps = pointer.split('/').slice(1)
  const last = steps.pop() ?? ''
  const parent = steps.reduce((place, step) => place?.[step], body)
  if (parent) delete parent[last]
  return { ...reply, body: JSON.stringify(body) }
}

interface Held {
  config: Record<string, string>
  captured: JsonObject
  tokens: TokenSet
}

function proveRefresh(plan: OAuthPlan, declared: ProviderDeclaration, standIn: StandIn, held: Held): TokenSet {
  const { access_token, refresh_token } = held.tokens
  const request = buildRefreshRequest(plan, { ...client, ...held, access_token, refresh_token })
  const spent = { access_token: access_token.reveal(), refresh_token: refresh_token?.reveal() }
  const reply = standIn.token('refresh_token', request, spent)
  const tokens = readTokenResponse(plan, reply, { now: NOW, phase: 'refresh_token' })
  requireIssued(tokens, standIn, declared, 'refresh_token')
  proveErrors(plan, declared, standIn, 'refresh_token')
  return tokens
}

function proveClientCredentials(plan: OAuthPlan, declared: ProviderDeclaration, config: Record<string, string>): void {
  const request = buildClientCredentialsRequest(plan, { ...client, config })
  proveDirectGrant(plan, declared, config, 'client_credentials', request)
}

function provePassword(plan: OAuthPlan, declared: ProviderDeclaration, config: Record<string, string>): void {
  const user = { username: secret(USER.username), password: secret(USER.password) }
  const request = buildPasswordRequest(plan, { ...client, ...user, config })
  const { standIn, ...held } = proveDirectGrant(plan, declared, config, 'password', request)
  const tokens = declared.grants.refresh_token ? proveRefresh(plan, declared, standIn, held) : held.tokens
  proveEnd(plan, declared, standIn, { ...held, tokens })
}

function proveJwtBearer(plan: OAuthPlan, declared: ProviderDeclaration, config: Record<string, string>): void {
  const context = { client_id: client.client_id, now: NOW, config }
  new StandIn(declared, config).assertion(assertionClaims(plan, context, AUDIENCE))
  const request = buildJwtBearerRequest(plan, { ...client, config, assertion: secret(ASSERTION) })
  const { standIn, ...held } = proveDirectGrant(plan, declared, config, 'jwt_bearer', request)
  proveEnd(plan, declared, standIn, held)
}

/** A grant that takes one request, without the person's browser. */
function proveDirectGrant(
  plan: OAuthPlan,
  declared: ProviderDeclaration,
  config: Record<string, string>,
  phase: 'client_credentials' | 'password' | 'jwt_bearer',
  request: TokenRequest,
): Held & { standIn: StandIn } {
  const standIn = new StandIn(declared, config)
  const reply = standIn.token(phase, request)
  const tokens = readTokenResponse(plan, reply, { now: NOW, phase })
  requireIssued(tokens, standIn, declared, phase)
  requireCaptures({ ...declared.token.response?.capture, ...declared.grants[phase]?.response?.capture }, (pointer) => {
    readTokenResponse(plan, without(reply, pointer), { now: NOW, phase })
  })
  proveErrors(plan, declared, standIn, phase)
  const held = { config, captured: tokens.captured ?? {}, tokens }
  proveApi(plan, declared, standIn, held)
  return { ...held, standIn }
}

function proveEnd(plan: OAuthPlan, declared: ProviderDeclaration, standIn: StandIn, held: Held): void {
  const { access_token, refresh_token } = held.tokens
  proveRevocationWithBothTokens(plan, declared, standIn, held)
  const revocation = buildRevocationRequest(plan, { ...client, ...held, access_token, refresh_token })
  assert.equal(revocation === null, declared.revocation === undefined)
  if (revocation !== null) {
    standIn.revoke(revocation, {
      access_token: access_token.reveal(),
      refresh_token: refresh_token?.reveal() ?? null,
    })
  }
  const introspection = buildIntrospectionRequest(plan, { ...client, ...held, access_token })
  assert.equal(introspection === null, declared.introspection === undefined)
  if (introspection !== null) standIn.introspect(introspection, access_token.reveal())
}

/** A provider that issues no refresh token itself still has one token whose revocation ends the grant. */
function proveRevocationWithBothTokens(
  plan: OAuthPlan,
  declared: ProviderDeclaration,
  standIn: StandIn,
  held: Held,
): void {
  if (declared.revocation === undefined) return
  const tokens = { access_token: 'access-both', refresh_token: 'refresh-both' }
  const request = buildRevocationRequest(plan, {
    ...client,
    ...held,
    access_token: secret(tokens.access_token),
    refresh_token: secret(tokens.refresh_token),
  })
  assert.ok(request)
  standIn.revoke(request, tokens)
}

const ANY_CALL = { method: 'PUT', path: '/things/1' }

function proveApi(plan: OAuthPlan, declared: ProviderDeclaration, standIn: StandIn, held: Held): void {
  assert.equal(plan.behaviour.api === null, declared.api === undefined)
  const { access_token, tokens = {} } = held.tokens
  const context = { ...held, client_id: CLIENT.client_id, access_token, tokens, now: NOW }
  const request = buildApiRequest(plan, { ...context, ...ANY_CALL })
  if (request !== null) standIn.api(request, ANY_CALL)
  const call = buildTestCall(plan, context)
  const test = declared.api?.test
  assert.equal(call === null, test === undefined)
  if (call === null || test === undefined) return
  standIn.api(call, test)
  assert.deepEqual(call.body === null ? undefined : JSON.parse(call.body), test.body)
}

const CODES: Record<string, string> = {
  transient: 'token_request_failed',
  reauthorize: 'invalid_grant',
  integration_broken: 'invalid_client',
}

/** Every declared code gets its verdict, and the provider's words are found. */
function proveErrors(plan: OAuthPlan, declared: ProviderDeclaration, standIn: StandIn, phase: Grant): void {
  const pointers = declared.grants[phase]?.response?.error ?? declared.token.response?.error
  const describes = pointers === undefined || pointers.description !== undefined
  const verdicts = { ...declared.token.response?.verdicts, ...declared.grants[phase]?.response?.verdicts }
  for (const [code, verdict] of [...Object.entries(verdicts), ['invented_here', 'integration_broken']]) {
    const error = refusal(plan, standIn.refuse(phase, code ?? ''), phase)
    const { provider_error } = error
    const expected = Object.hasOwn(verdicts, code ?? '') ? CODES[verdict ?? ''] : 'token_request_failed'
    assert.deepEqual(
      [error.code, error.verdict, provider_error?.error, provider_error?.error_description],
      [expected, verdict, code, describes ? 'told by the stand-in' : null],
    )
  }
}

function refusal(plan: OAuthPlan, reply: Reply, phase: Grant) {
  try {
    readTokenResponse(plan, reply, { now: NOW, phase })
  } catch (error) {
    if (error instanceof OAuthError) return error
    throw error
  }
  throw new assert.AssertionError({ message: 'a refusal was read as a token response' })
}

function requireTokens(tokens: TokenSet, standIn: StandIn): void {
  const { issued } = standIn
  assert.ok(issued)
  assert.equal(tokens.access_token.reveal(), issued.access_token)
  assert.equal(tokens.refresh_token?.reveal() ?? null, issued.refresh_token)
  assert.deepEqual(tokens.captured ?? {}, issued.captured)
  const further = Object.entries(tokens.tokens ?? {}).map(([name, token]) => [
    name,
    {
      access_token: token.access_token.reveal(),
      refresh_token: token.refresh_token?.reveal() ?? null,
      expires_in: token.expires_at === null ? null : (token.expires_at.getTime() - NOW.getTime()) / 1000,
      scope: token.scope,
    },
  ])
  assert.deepEqual(Object.fromEntries(further), issued.tokens)
}

function requireLifetime(tokens: TokenSet, standIn: StandIn, isNew: boolean): void {
  const lifetime = isNew
    ? (standIn.issued?.expires_in ?? 0) * 1000
    : tokens.expires_at && tokens.expires_at.getTime() - NOW.getTime()
  assert.equal(tokens.expires_at && tokens.expires_at.getTime() - NOW.getTime(), lifetime)
}

function requireIssued(tokens: TokenSet, standIn: StandIn, declared: ProviderDeclaration, grant: Grant): void {
  requireTokens(tokens, standIn)
  assert.equal(tokens.scope, standIn.issued?.scope)
  assert.equal(tokens.expires_at?.getTime(), NOW.getTime() + (standIn.issued?.expires_in ?? 0) * 1000)
  const response = { ...declared.token.response, ...declared.grants[grant]?.response }
  if (response.refresh_token_expires_in !== undefined) {
    const unit = { milliseconds: 0.001, seconds: 1, minutes: 60, hours: 3600 }[response.expires_in_unit ?? 'seconds']
    assert.equal(tokens.refresh_token_expires_at?.getTime(), NOW.getTime() + 86_400_000 * unit)
  }
}

function requireCredentials(credentials: JsonObject, standIn: StandIn, callback: JsonObject): void {
  const { issued } = standIn
  assert.equal(credentials.access_token, issued?.access_token)
  assert.equal(credentials.refresh_token ?? null, issued?.refresh_token)
  for (const [name, value] of Object.entries({ ...callback, ...issued?.captured })) {
    assert.equal(credentials[name], value)
  }
  for (const [name, token] of Object.entries(issued?.tokens ?? {})) {
    assert.equal(credentials[`${name}_access_token`], token.access_token)
  }
}

function proveRedirectUris(plan: OAuthPlan, declared: ProviderDeclaration, config: Record<string, string>): void {
  const { https_only = false, loopback = true } = declared.authorization?.redirect_uri ?? {}
  const accepts = (redirect_uri: string) => {
    try {
      const code_challenge = createPkce().code_challenge
      const input = { client_id: CLIENT.client_id, redirect_uri, state: createState(), config }
      buildAuthorizationRequest(plan, { ...input, ...(plan.uses_pkce && { code_challenge }) })
      return true
    } catch (error) {
      if (error instanceof OAuthError && error.field === 'redirect_uri') return false
      throw error
    }
  }
  assert.equal(accepts('http://localhost:16963/'), !https_only && loopback)
  assert.equal(accepts('https://127.0.0.1/callback'), loopback)
  assert.equal(accepts('http://sluice.example.com/'), !https_only)
}

/** What the plan only hands on, to the broker that acts by it. */
function proveFacts({ provider, behaviour, url_policy, server }: OAuthPlan, declared: ProviderDeclaration): void {
  const { refresh_tokens, revocation, api, introspection, issuer = null, endpoints, resource, dpop = null } = declared
  assert.equal(provider, declared.provider)
  assert.deepEqual({ ...server, issuer: server?.issuer?.source ?? null }, { issuer, endpoints, resource, dpop })
  assert.deepEqual([...behaviour.grants], Object.keys(declared.grants))
  assert.deepEqual(url_policy.allowed_hosts, declared.hosts)
  assert.equal(behaviour.pkce, declared.authorization?.pkce ?? 'unsupported')
  assert.equal(behaviour.incremental_scopes, declared.scopes.incremental)
  assert.deepEqual(Object.fromEntries(behaviour.scope_meanings), declared.scopes.meanings)
  assert.deepEqual(behaviour.account, declared.account)
  const policy = Object.entries(behaviour.refresh_policy).filter(([, value]) => value !== null)
  assert.deepEqual(Object.fromEntries(policy), { ...refresh_tokens })
  assert.equal(behaviour.revocation?.ends, revocation?.ends)
  if (api !== undefined) assert.deepEqual(behaviour.api?.expired, api.expired)
  const retry = Object.entries(behaviour.api?.retry ?? {}).filter(([, value]) => value !== null)
  assert.deepEqual(Object.fromEntries(retry), { ...api?.retry })
  assert.equal(behaviour.introspection?.interval_seconds, introspection?.interval_seconds)
  assert.equal(behaviour.introspection?.expires_at.map((step) => `/${step}`).join(''), introspection?.expires_at)
}
