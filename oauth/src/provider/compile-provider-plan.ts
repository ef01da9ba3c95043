// Sluice's own dialect: a provider declaration (declaration.ts) into the plan that every builder and reader knows. What is
// wrong with it whatever the values is reported here, all at once.

import { type Compilation, startCompilation } from '../compilation.ts'
import { invalidSpec } from '../invalid-spec.ts'
import { parseJsonPointer } from '../json-pointer.ts'
import type { OAuthPlan, RequestTemplates } from '../plan.ts'
import type { ProviderBehaviour } from '../provider-behaviour.ts'
import { parseTemplate } from '../template/parse-template.ts'
import type { UrlPolicy } from '../url-policy.ts'
import { compileApi } from './compile-api.ts'
import { compileAssertion } from './compile-assertion.ts'
import {
  compileParameters,
  compileProviderRequest,
  compileUrl,
  pointersBelow,
  pointersInto,
  reads,
  type StandardParameters,
} from './compile-provider-request.ts'
import { compileCaptures, compileTokenResponse } from './compile-provider-response.ts'
import { compileServer } from './compile-server.ts'
import { credentialsMap } from './credentials-map.ts'
import type { ProviderDeclaration } from './declaration.ts'
import { readDeclaration } from './read-declaration.ts'
import { refreshPolicyOf } from './refresh-tokens-declaration.ts'
import type { RequestDeclaration } from './request-declaration.ts'
import { type Vocabulary, vocabularyOf } from './vocabulary.ts'

/**
 * Compiles a provider declaration of OAuth 2.0, its alias already resolved, into a plan. `options` is the egress policy; the
 * declaration's `hosts` are added to its `allowed_hosts`.
 *
 * @throws OAuthError `invalid_spec` with every finding, each with a JSON pointer into the declaration.
 */
export function compileProviderPlan(declaration: unknown, options: Partial<UrlPolicy> = {}): OAuthPlan {
  const declared = readDeclaration(declaration)
  const { hosts } = declared
  const policy = { allow_loopback: false, allowed_ports: [], ...options }
  const compilation = startCompilation({ ...policy, allowed_hosts: [...hosts, ...(options.allowed_hosts ?? [])] })
  const plan = compilePlan(declared, compilation)
  if (compilation.findings.length > 0) throw invalidSpec(compilation.findings)
  return { ...plan, warnings: compilation.warnings }
}

function compilePlan(declaration: ProviderDeclaration, compilation: Compilation): OAuthPlan {
  const { authorization, grants } = declaration
  const requests = requestCompiler(declaration, compilation)
  const usesCode = grants.authorization_code !== undefined
  const usesPkce = usesCode && authorization?.pkce !== 'unsupported'
  if (declaration.oauth1 !== undefined) {
    compilation.refuse('/oauth1', 'other_protocol', 'is OAuth 1.0a, which compileProvider compiles')
  } else if (Object.values(grants).every((grant) => grant === undefined)) {
    compilation.refuse('/grants', 'missing', 'names no grant')
  }
  if (usesCode && authorization === undefined) compilation.refuse('/authorization', 'missing', 'is missing')

  const code = requests('authorization_code', {
    grant_type: 'authorization_code',
    code: '{{code}}',
    redirect_uri: '{{redirect_uri}}',
    ...(usesPkce && { code_verifier: '{{code_verifier}}' }),
  })
  const uses = grants.refresh_token?.uses ?? 'refresh_token'
  const refresh = requests('refresh_token', { grant_type: 'refresh_token', [uses]: `{{${uses}}}` })
  const client = requests('client_credentials', { grant_type: 'client_credentials', scope: '{{scope}} || ' })
  const password = requests('password', {
    grant_type: 'password',
    username: '{{username}}',
    password: '{{password}}',
    scope: '{{scope}} || ',
  })
  const bearer = requests('jwt_bearer', {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: '{{assertion}}',
    scope: '{{scope}} || ',
  })
  if (password?.query.some((parameter) => reads(parameter, 'password'))) {
    compilation.refuse('/grants/password', 'password_in_url', 'would put the password into an address; send a body')
  }
  const vocabulary = vocabularyOf(declaration)('state', 'redirect_uri', 'code_challenge', 'code_challenge_method')

  return {
    provider: declaration.provider,
    uses_pkce: usesPkce,
    warnings: [],
    authorization_url:
      usesCode && !(declaration.issuer !== undefined && authorization?.url === undefined)
        ? compileUrl(compilation, '/authorization/url', vocabulary, authorization?.url ?? '')
        : parseTemplate(''),
    token_request: code ?? client ?? password ?? bearer ?? NO_REQUEST,
    refresh_request: refresh,
    client_authentication: 'client_secret_post',
    response_map: credentialsMap(declaration),
    refresh_response_map: [],
    url_policy: compilation.url_policy,
    server: compileServer(declaration, compilation),
    behaviour: {
      ...compileBehaviour(declaration, compilation),
      refreshes_with: refresh === null ? null : uses,
      client_credentials_request: client,
      password_request: password,
      jwt_bearer_request: bearer && {
        ...bearer,
        assertion: compileAssertion(compilation, '/grants/jwt_bearer/assertion', vocabularyOf(declaration)(), {
          claims: {},
          lifetime_seconds: 0,
          backdated_seconds: 0,
          ...grants.jwt_bearer?.assertion,
        }),
      },
      authorization_parameters:
        authorization === undefined
          ? []
          : compileParameters(compilation, {
              pointerTo: pointersBelow('/authorization'),
              declaration: authorization,
              standard: { ...AUTHORIZATION, ...(usesPkce && CHALLENGE) },
              vocabulary,
            }),
    },
  }
}

const NO_REQUEST: RequestTemplates = {
  method: 'POST',
  url: parseTemplate(''),
  query: [],
  headers: [],
  body: null,
  members: [],
  media_type: 'form',
}

/** RFC 6749 §4.1.1. */
const AUTHORIZATION: StandardParameters = {
  response_type: 'code',
  client_id: '{{client_id}}',
  redirect_uri: '{{redirect_uri}}',
  scope: '{{scope}} || ',
  state: '{{state}}',
}
/** RFC 7636 §4.3. */
const CHALLENGE: StandardParameters = {
  code_challenge: '{{code_challenge}}',
  code_challenge_method: '{{code_challenge_method}}',
}

type Grant = keyof ProviderDeclaration['grants']

const GRANT_VARIABLES: Record<Grant, string[]> = {
  authorization_code: ['code', 'code_verifier', 'redirect_uri'],
  refresh_token: [],
  client_credentials: [],
  password: ['username', 'password'],
  jwt_bearer: ['assertion'],
}

/** Compiles a grant's request; null when the provider does not have the grant. */
function requestCompiler(declaration: ProviderDeclaration, compilation: Compilation) {
  const vocabulary = vocabularyOf(declaration)
  return (grant: Grant, standard: StandardParameters): RequestTemplates | null => {
    const own = declaration.grants[grant]
    if (own === undefined) return null
    const uses = grant === 'refresh_token' ? [declaration.grants.refresh_token?.uses ?? ''] : []
    return compileProviderRequest(compilation, {
      pointerTo: pointersInto(`/grants/${grant}`, own),
      declaration: mergeRequests(declaration.token, own),
      standard,
      vocabulary: vocabulary('client_secret', 'client_assertion', ...GRANT_VARIABLES[grant], ...uses),
      discovered: declaration.issuer !== undefined,
    })
  }
}

function mergeRequests(shared: RequestDeclaration, own: RequestDeclaration): RequestDeclaration {
  return {
    ...shared,
    ...own,
    parameters: { ...shared.parameters, ...own.parameters },
    parameter_names: { ...shared.parameter_names, ...own.parameter_names },
    headers: { ...shared.headers, ...own.headers },
  }
}

/** Revocation and introspection authenticate and encode as the token endpoint does, unless they say otherwise. */
function besideTokenEndpoint({ token }: ProviderDeclaration, own: RequestDeclaration): RequestDeclaration {
  const { url: _url, method: _method, parameters: _parameters, ...shared } = token
  return mergeRequests(shared, own)
}

function compileBehaviour(
  declaration: ProviderDeclaration,
  compilation: Compilation,
): Omit<
  ProviderBehaviour,
  | 'refreshes_with'
  | 'client_credentials_request'
  | 'password_request'
  | 'jwt_bearer_request'
  | 'authorization_parameters'
> {
  const { authorization, scopes, grants, token, config, refresh_tokens } = declaration
  const vocabulary = vocabularyOf(declaration)
  const response = (grant: Grant) => compileTokenResponse(token.response, grants[grant]?.response)
  const list = (name: string, { default: scope, separator }: { default: string[]; separator: string }) => ({
    name,
    separator,
    default: scope,
  })
  return {
    grants: new Set((Object.keys(grants) as Grant[]).filter((grant) => grants[grant] !== undefined)),
    pkce: authorization?.pkce ?? 'unsupported',
    incremental_scopes: scopes.incremental,
    scope_meanings: new Map(Object.entries(scopes.meanings)),
    account: declaredAccount(declaration, compilation, vocabulary()),
    scopes: [list('scope', scopes), ...Object.entries(scopes.further).map(([name, further]) => list(name, further))],
    redirect_uri: authorization?.redirect_uri ?? { https_only: false, loopback: true },
    config_defaults: Object.fromEntries(
      Object.entries(config).flatMap(([name, field]) => (field.default === undefined ? [] : [[name, field.default]])),
    ),
    authorization_response: {
      code: authorization?.response.code ?? 'code',
      captures: compileCaptures(authorization?.response.capture ?? {}, (parameter) => [parameter]),
    },
    token_response: response('authorization_code'),
    refresh_response: response('refresh_token'),
    client_credentials_response: response('client_credentials'),
    password_response: response('password'),
    jwt_bearer_response: response('jwt_bearer'),
    refresh_policy: refreshPolicyOf(refresh_tokens),
    follow_ups: compileFollowUps(declaration, compilation, vocabulary),
    revocation: compileRevocation(declaration, compilation, vocabulary),
    introspection: compileIntrospection(declaration, compilation, vocabulary),
    api: compileApi(declaration, compilation, vocabulary),
  }
}

function declaredAccount({ account }: ProviderDeclaration, compilation: Compilation, vocabulary: Vocabulary): string[] {
  for (const [index, name] of account.entries()) {
    const fault = vocabulary.fault(`captured.${name}`)
    if (fault !== null) compilation.refuse(`/account/${index}`, 'unknown_variable', `names ${name}, ${fault}`)
  }
  return account
}

type VocabularyWith = (...own: string[]) => Vocabulary

function compileFollowUps(declaration: ProviderDeclaration, compilation: Compilation, vocabulary: VocabularyWith) {
  const steps = declaration.grants.authorization_code?.follow_up ?? []
  return steps.map(({ name, response, gives_token, ...request }, index) => ({
    name,
    gives_token,
    reading: compileTokenResponse(undefined, response),
    request: compileProviderRequest(compilation, {
      pointerTo: pointersBelow(`/grants/authorization_code/follow_up/${index}`),
      declaration: { method: 'GET', client_authentication: 'anonymous', ...request },
      standard: {},
      vocabulary: vocabulary('client_secret', 'client_assertion', 'access_token', 'refresh_token'),
    }),
  }))
}

function compileRevocation(declaration: ProviderDeclaration, compilation: Compilation, vocabulary: VocabularyWith) {
  const { revocation } = declaration
  if (revocation === undefined) return null
  const { token, ends, ...own } = revocation
  const request = compileProviderRequest(compilation, {
    pointerTo: pointersInto('/revocation', own),
    declaration: besideTokenEndpoint(declaration, own),
    standard: { token: '{{token}}', token_type_hint: '{{token_type_hint}}' },
    vocabulary: vocabulary(
      'client_secret',
      'client_assertion',
      'token',
      'token_type_hint',
      'access_token',
      'refresh_token',
    ),
  })
  return { request, token, ends }
}

function compileIntrospection(declaration: ProviderDeclaration, compilation: Compilation, vocabulary: VocabularyWith) {
  const { introspection } = declaration
  if (introspection === undefined) return null
  const { expires_at, interval_seconds, ...own } = introspection
  const request = compileProviderRequest(compilation, {
    pointerTo: pointersInto('/introspection', own),
    declaration: besideTokenEndpoint(declaration, own),
    standard: { token: '{{token}}', token_type_hint: 'access_token' },
    vocabulary: vocabulary('client_secret', 'client_assertion', 'token'),
  })
  return { request, expires_at: parseJsonPointer(expires_at), interval_seconds }
}
