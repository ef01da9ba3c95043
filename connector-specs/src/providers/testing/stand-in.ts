// A strict authorization server derived from a provider's declaration: it accepts exactly the requests that the declaration
// describes and answers in its forms. It shares no code with the engine.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { JsonObject, JsonValue, ProviderDeclaration, TokenRequest } from '@sluice/oauth'
import { checkRequest } from './check-request.ts'
import { expectedParameters, expectedRequest, fillIn, mergeRequests, type Values } from './expected-request.ts'

type TokenResponse = NonNullable<ProviderDeclaration['token']['response']>
type FurtherToken = NonNullable<TokenResponse['tokens']>[string]
export type Grant = keyof ProviderDeclaration['grants']

export interface Reply {
  status: number
  headers: Headers
  body: string
}

/** What one reply issued, for the test to compare with what the engine read. */
export interface Issued {
  access_token: string
  refresh_token: string | null
  expires_in: number | null
  scope: string
  captured: JsonObject
  tokens: Record<string, IssuedFurther>
}

export interface IssuedFurther {
  access_token: string
  refresh_token: string | null
  expires_in: number | null
  scope: string | null
}

export const CLIENT = {
  client_id: 'client-1.x',
  client_secret: 's3cret&=+/x',
  client_assertion: 'header.claims.signature',
}
export const USER = { username: 'ann@example.com&x', password: 'p"&=+%\\ é' }
/** Signed by the client; the stand-in sees its claims apart, and signatures are the business of other tests. */
export const ASSERTION = 'header.asserted+claims&x.signature'
export const AUDIENCE = 'https://issuer.example/&"x'
export const REDIRECT_URI = 'https://sluice.example.com/oauth/callback/1?a=b'
const LIFETIME = 7200
const UNITS = { milliseconds: 0.001, seconds: 1, minutes: 60, hours: 3600 }

export class StandIn {
  readonly #declaration: ProviderDeclaration
  readonly #config: Record<string, string>
  readonly #captured: Record<string, string> = {}
  #challenge: string | null = null
  #code = ''
  #issued = 0
  /** Of the last token response. */
  issued: Issued | null = null

  constructor(declaration: ProviderDeclaration, config: Record<string, string>) {
    this.#declaration = declaration
    this.#config = config
  }

  /** Reads the authorization request and answers with the parameters of the redirection. */
  authorize(
    address: string,
    scopes: Record<string, string[]> | undefined,
    redirect_uri = REDIRECT_URI,
  ): URLSearchParams {
    const { authorization } = this.#declaration
    assert.ok(authorization)
    const url = new URL(address)
    const state = url.searchParams.get('state') ?? ''
    const challenge = url.searchParams.get('code_challenge') ?? ''
    const uses = authorization.pkce !== 'unsupported'
    const values = this.#values(
      { redirect_uri, state, code_challenge: challenge, code_challenge_method: 'S256' },
      scopes,
    )
    const standard = {
      response_type: 'code',
      client_id: CLIENT.client_id,
      redirect_uri,
      scope: values.scope ?? '',
      state,
      ...(uses && { code_challenge: challenge, code_challenge_method: 'S256' }),
    }
    assert.equal(`${url.origin}${url.pathname}`, new URL(fillIn(authorization.url ?? '', values) ?? '').href)
    const expected = expectedParameters(authorization, standard, values)
    assert.deepEqual(
      [...url.searchParams].sort(),
      Array.from(expected, ([name, value]) => [name, String(value)]).sort(),
    )
    assert.match(state, /^[\w-]{22,}$/)
    if (uses) assert.match(challenge, /^[\w-]{43}$/)
    this.#challenge = uses ? challenge : null
    this.#code = `code&+="\\${++this.#issued}`
    const response = new URLSearchParams({ [authorization.response.code]: this.#code, state })
    for (const [name, { from, format }] of Object.entries(authorization.response.capture)) {
      const value = this.#captureValue(name, format)
      response.set(from, value.sent)
      this.#captured[name] = value.kept
    }
    return response
  }

  /** What the authorization response gave beside the code. */
  get captured(): Record<string, string> {
    return { ...this.#captured }
  }

  token(grant: Grant, request: TokenRequest, spent: Values = {}): Reply {
    const { token, grants } = this.#declaration
    const own = grants[grant]
    assert.ok(own, `has no ${grant}`)
    const uses = grants.refresh_token?.uses ?? 'refresh_token'
    const verifier = this.#challenge === null ? '' : verifierIn(request)
    if (grant === 'authorization_code' && this.#challenge !== null) {
      assert.equal(createHash('sha256').update(verifier).digest('base64url'), this.#challenge)
    }
    const values = this.#values({
      ...USER,
      assertion: ASSERTION,
      code: this.#code,
      code_verifier: verifier,
      redirect_uri: REDIRECT_URI,
      ...spent,
    })
    const standards: Record<Grant, Record<string, string>> = {
      authorization_code: {
        grant_type: 'authorization_code',
        code: this.#code,
        redirect_uri: REDIRECT_URI,
        code_verifier: verifier,
      },
      refresh_token: { grant_type: 'refresh_token', [uses]: spent[uses] ?? '' },
      client_credentials: { grant_type: 'client_credentials', scope: values.scope ?? '' },
      password: { grant_type: 'password', ...USER, scope: values.scope ?? '' },
      jwt_bearer: {
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: ASSERTION,
        scope: values.scope ?? '',
      },
    }
    checkRequest(request, expectedRequest(mergeRequests(token, own), standards[grant], values))
    return this.#answer({ ...token.response, ...own.response, ...merged(token.response, own.response) }, grant)
  }

  /** Refuses claims that are not the declared ones, or not all of them. */
  assertion(claims: JsonObject): void {
    const { assertion } = this.#declaration.grants.jwt_bearer ?? {}
    assert.ok(assertion)
    const { iat, exp, jti, ...stated } = claims
    const standard = { iss: CLIENT.client_id, sub: CLIENT.client_id, aud: AUDIENCE }
    const { jti: declared_jti = '', ...declared } = assertion.claims ?? {}
    const expected = expectedParameters({ parameters: declared }, standard, this.#values({}))
    assert.deepEqual(stated, Object.fromEntries(expected))
    if (declared_jti === null) assert.equal(jti, undefined)
    else if (declared_jti === '') assert.match(String(jti), /^[\w-]{22,}$/)
    else assert.equal(jti, declared_jti)
    const now = NOW.getTime() / 1000
    assert.deepEqual({ iat, exp }, { iat: now - assertion.backdated_seconds, exp: now + assertion.lifetime_seconds })
  }

  followUp(index: number, request: TokenRequest, access_token: string): Reply {
    const step = this.#declaration.grants.authorization_code?.follow_up[index]
    assert.ok(step)
    const { response, name: _name, gives_token, ...declared } = step
    const defaults = { method: 'GET', client_authentication: 'anonymous' } as const
    checkRequest(request, expectedRequest({ ...defaults, ...declared }, {}, this.#values({ access_token })))
    const before = this.issued
    const reply = this.#answer(response, 'authorization_code', gives_token)
    if (!gives_token && before !== null && this.issued !== null) {
      this.issued = { ...before, captured: { ...before.captured, ...this.issued.captured } }
    } else if (before !== null && this.issued !== null) {
      this.issued.refresh_token ??= before.refresh_token
      this.issued.captured = { ...before.captured, ...this.issued.captured }
    }
    return reply
  }

  revoke(request: TokenRequest, tokens: { access_token: string; refresh_token: string | null }): void {
    const { revocation, token } = this.#declaration
    assert.ok(revocation)
    const kind = tokens.refresh_token === null ? 'access_token' : revocation.token
    const own = mergeRequests(besideToken(token), revocation)
    const values = this.#values({
      token: tokens[kind] ?? '',
      token_type_hint: kind,
      access_token: tokens.access_token,
      refresh_token: tokens.refresh_token ?? '',
    })
    checkRequest(request, expectedRequest(own, { token: tokens[kind] ?? '', token_type_hint: kind }, values))
  }

  introspect(request: TokenRequest, access_token: string): void {
    const { introspection, token } = this.#declaration
    assert.ok(introspection)
    const standard = { token: access_token, token_type_hint: 'access_token' }
    const own = mergeRequests(besideToken(token), introspection)
    checkRequest(request, expectedRequest(own, standard, this.#values({ token: access_token })))
  }

  api(request: TokenRequest, { method, path }: { method: string; path: string }): void {
    const { api } = this.#declaration
    assert.ok(api && this.issued)
    const access_token = api.token_name ? this.issued.tokens[api.token_name]?.access_token : this.issued.access_token
    const values = this.#values({ access_token })
    const headers = new Map([['accept', 'application/json']])
    if (request.body !== null) headers.set('content-type', 'application/json')
    const url = new URL(`${fillIn(api.base_url ?? '', values)?.replace(/\/$/, '')}${path}`)
    if ('query' in api.token) url.searchParams.append(api.token.query, access_token ?? '')
    else headers.set(api.token.header.toLowerCase(), `${api.token.prefix}${access_token}`)
    for (const [name, source] of Object.entries(api.headers ?? {})) {
      if (source === null) headers.delete(name.toLowerCase())
      else headers.set(name.toLowerCase(), fillIn(source, values) ?? '')
    }
    assert.equal(request.method, method)
    assert.equal(request.url, url.href)
    assert.deepEqual(Object.entries(request.headers).sort(), [...headers].sort())
  }

  /** A reply that says no, in the provider's own way. */
  refuse(grant: Grant, error: string): Reply {
    const { token, grants } = this.#declaration
    const declared = { ...token.response, ...grants[grant]?.response }
    const reply: JsonObject = {}
    put(reply, declared.error?.code ?? '/error', error)
    const description = declared.error ? declared.error.description : '/error_description'
    if (description !== undefined) put(reply, description, 'told by the stand-in')
    if (declared.success) put(reply, declared.success.pointer, contrary(declared.success, reply))
    return json(reply, declared.success ? 200 : 400)
  }

  #answer(declared: TokenResponse, grant: Grant, gives_token = true): Reply {
    const reply: JsonObject = {}
    const id = ++this.#issued
    const { grants } = this.#declaration
    const refreshes = grants.refresh_token !== undefined && (grants.refresh_token.uses ?? '') === 'refresh_token'
    const isClient = grant === 'client_credentials' || grant === 'jwt_bearer'
    const issued: Issued = {
      access_token: `access-${id}`,
      refresh_token: refreshes && !isClient ? `refresh-${id}` : null,
      expires_in: declared.default_lifetime ?? LIFETIME,
      scope: 'one two',
      captured: {},
      tokens: {},
    }
    for (const [name, pointers] of Object.entries(declared.tokens ?? {})) {
      issued.tokens[name] = this.#answerFurther(name, pointers, declared, reply)
    }
    if (gives_token) {
      put(reply, declared.access_token ?? '/access_token', issued.access_token)
      if (issued.refresh_token) put(reply, declared.refresh_token ?? '/refresh_token', issued.refresh_token)
      if (declared.expires_at !== undefined)
        put(reply, declared.expires_at, Math.trunc(NOW.getTime() / 1000) + LIFETIME)
      else if (declared.default_lifetime === undefined) {
        const unit = UNITS[declared.expires_in_unit ?? 'seconds']
        put(reply, declared.expires_in ?? '/expires_in', Math.round(LIFETIME / unit))
      }
      if (declared.refresh_token_expires_in !== undefined) put(reply, declared.refresh_token_expires_in, 86_400)
      put(reply, declared.scope ?? '/scope', ['one', 'two'].join(declared.scope_separator ?? ' '))
      put(reply, declared.token_type ?? '/token_type', 'bearer')
    }
    for (const [name, { from, format }] of Object.entries(declared.capture ?? {})) {
      const value = this.#captureValue(name, format)
      put(reply, from, value.sent)
      issued.captured[name] = value.kept
      this.#captured[name] = value.kept
    }
    if (declared.success) put(reply, declared.success.pointer, declared.success.equals)
    this.issued = issued
    return json(reply, 200)
  }

  #answerFurther(name: string, pointers: FurtherToken, declared: TokenResponse, reply: JsonObject): IssuedFurther {
    const id = this.#issued
    const issued: IssuedFurther = {
      access_token: `${name}-access-${id}`,
      refresh_token: pointers.refresh_token ? `${name}-refresh-${id}` : null,
      expires_in: pointers.expires_in ? LIFETIME / 2 : null,
      scope: pointers.scope ? 'three four' : null,
    }
    put(reply, pointers.access_token, issued.access_token)
    if (pointers.refresh_token) put(reply, pointers.refresh_token, issued.refresh_token)
    if (pointers.expires_in)
      put(reply, pointers.expires_in, LIFETIME / 2 / UNITS[declared.expires_in_unit ?? 'seconds'])
    if (pointers.scope) put(reply, pointers.scope, ['three', 'four'].join(declared.scope_separator ?? ' '))
    return issued
  }

  #captureValue(name: string, format: string): { sent: string; kept: string } {
    if (format === 'text') return { sent: `captured-${name}`, kept: `captured-${name}` }
    const pinned = this.#declaration.hosts.at(-1) ?? ''
    const host = pinned.startsWith('.') ? `acme${pinned}` : pinned
    return { sent: `https://${host}/ignored?path`, kept: format === 'host' ? host : `https://${host}` }
  }

  #values(own: Values, scopes: Record<string, string[]> = {}): Values {
    const { config, scopes: lists } = this.#declaration
    const values: Values = { ...CLIENT, ...own }
    for (const [name, field] of Object.entries(config)) values[`config.${name}`] = this.#config[name] ?? field.default
    for (const [name, value] of Object.entries(this.#captured)) values[`captured.${name}`] = value
    for (const [name, list] of Object.entries({ scope: lists, ...lists.further })) {
      values[name] = (scopes[name] ?? list.default).join(list.separator)
    }
    return values
  }
}

/** Whole seconds, because some replies count in them. */
export const NOW = new Date('2026-01-02T03:04:05.000Z')

function verifierIn(request: TokenRequest): string {
  const everywhere = `${request.url}&${request.body}`
  return /code_verifier["']?[=:]\s*["']?([\w.~-]{43,128})/.exec(everywhere)?.[1] ?? ''
}

function merged(shared: TokenResponse | undefined, own: TokenResponse | undefined): Partial<TokenResponse> {
  return {
    verdicts: { ...shared?.verdicts, ...own?.verdicts },
    capture: { ...shared?.capture, ...own?.capture },
    tokens: { ...shared?.tokens, ...own?.tokens },
  }
}

function besideToken({ url: _url, method: _method, parameters: _parameters, ...shared }: ProviderDeclaration['token']) {
  return shared
}

function contrary(
  { pointer, equals }: { pointer: string; equals: string | number | boolean },
  reply: JsonObject,
): JsonValue {
  const [, first = ''] = pointer.split('/')
  // Where the error code itself is the predicate, it stands there already.
  if (pointer.split('/').length === 2 && reply[first] !== undefined) return reply[first]
  if (typeof equals === 'boolean') return !equals
  return typeof equals === 'number' ? equals + 1 : `not ${equals}`
}

function put(reply: JsonObject, pointer: string, value: JsonValue): void {
  const steps = pointer.split('/').slice(1)
  const last = steps.pop() ?? ''
  let place = reply
  for (const step of steps) {
    place[step] ??= {}
    place = place[step] as JsonObject
  }
  place[last] = value
}

function json(reply: JsonObject, status: number): Reply {
  return { status, headers: new Headers({ 'content-type': 'application/json' }), body: JSON.stringify(reply) }
}
