import type { Compilation } from '../compilation.ts'
import { formatJsonPointer } from '../json-pointer.ts'
import { lintPlan } from '../lint-plan.ts'
import { type OAuthPlan, type RequestTemplates, type ResponseMapping, templatesOf } from '../plan.ts'
import {
  type ProviderBehaviour,
  STANDARD_BEHAVIOUR,
  STANDARD_READING,
  type TokenPointers,
} from '../provider-behaviour.ts'
import type { Template } from '../template/template.ts'
import type { AirbytePaths } from './airbyte-oauth.ts'
import { formBody, jsonBody } from './body-templates.ts'
import { compileTokenRequest } from './compile-token-request.ts'
import type { ConnectorInput, Located } from './connector-specification.ts'
import { compileExtractOutput } from './extract-output.ts'
import { createJinjaCompiler } from './jinja-compiler.ts'
import { templateVariables } from './template-variables.ts'

const FOR_THE_BROWSER = {
  client_secret: 'is secret, and everybody sees the authorization URL',
  code: 'is not known before the authorization response',
}
const FOR_THE_TOKEN_ENDPOINT = { code_challenge: 'belongs into consent_url' }

const INPUTS =
  '/advanced_auth/oauth_config_specification/oauth_user_input_from_connector_config_specification/properties'

/** Airbyte's longest `state` where a spec gives a minimum only. */
const DEFAULT_STATE_MAX = 24
/** Characters of base64url that carry 128 bits, which make guessing hopeless (RFC 6749 §10.10). */
const SAFE_STATE = 22

/** Compiles declarative OAuth (`oauth_connector_input_specification`) into a plan. */
export function compileDeclarative(
  compilation: Compilation,
  provider: string,
  located: Located<ConnectorInput>,
  paths: AirbytePaths,
): OAuthPlan {
  const { value: input, pointer } = located
  for (const { name, path } of paths.user_input.filter(({ path }) => path.some((step) => step.includes('.')))) {
    compilation.refuse(
      `${INPUTS}${formatJsonPointer([name])}`,
      'dotted_step',
      `reads config by ${path.join(' / ')}, and no template can read a name with a dot`,
    )
  }
  const names = templateVariables(input, paths.user_input)
  const browser = createJinjaCompiler(compilation, names, FOR_THE_BROWSER)
  const authorization_url = browser.url(`${pointer}/consent_url`, input.consent_url)
  const token_request = compileTokenRequest(
    compilation,
    createJinjaCompiler(compilation, names, FOR_THE_TOKEN_ENDPOINT),
    located,
  )

  const usesBasic = token_request.headers.some(
    ({ name, value }) => name === 'authorization' && value.lambdas.has('basicauth'),
  )
  const state = readState(compilation, located)
  const response_map = compileExtractOutput(compilation, located, paths.output)
  const plan: OAuthPlan = {
    provider,
    uses_pkce:
      authorization_url.names.has('code_challenge') ||
      templatesOf(token_request).some(({ names }) => names.has('code_verifier')),
    warnings: [],
    authorization_url,
    token_request,
    refresh_request: compileRefreshRequest(located.value, token_request),
    client_authentication: usesBasic ? 'client_secret_basic' : 'client_secret_post',
    response_map,
    refresh_response_map: [],
    url_policy: compilation.url_policy,
    ...(state !== null && { state }),
    behaviour: behaviourOf(input, response_map),
  }
  lintPlan(plan, compilation, (field) => `${pointer}/${LINTED[field] ?? ''}`)
  lintVerifier(plan, compilation, `${pointer}/consent_url`)
  return plan
}

/** What the provider calls the code, and where its reply keeps the tokens. */
function behaviourOf({ auth_code_key }: ConnectorInput, response_map: ResponseMapping[]): ProviderBehaviour {
  const token_response = { ...STANDARD_READING, pointers: tokenPointers(response_map) }
  return {
    ...STANDARD_BEHAVIOUR,
    authorization_response: { ...STANDARD_BEHAVIOUR.authorization_response, code: auth_code_key ?? 'code' },
    token_response,
    refresh_response: token_response,
  }
}

const TOKEN_MEMBERS = ['access_token', 'refresh_token', 'expires_in'] as const

/** Outputs are tokens by their names, or by how their names end (`pokemon_access_token`). */
function tokenPointers(response_map: ResponseMapping[]): TokenPointers {
  const entries = response_map.filter((entry) => entry.from === 'pointer')
  const pointers: TokenPointers = {}
  for (const name of TOKEN_MEMBERS) {
    const entry = entries.find(({ key }) => key === name) ?? entries.find(({ key }) => key.endsWith(`_${name}`))
    if (entry !== undefined) pointers[name] = entry.pointer
  }
  return pointers
}

/** Where the lint's findings belong in this dialect. */
const LINTED: Partial<Record<string, string>> = {
  authUrlTemplate: 'consent_url',
  accessTokenUrlTemplate: 'access_token_url',
  accessTokenBody: 'access_token_params',
  accessTokenHeaders: 'access_token_headers',
}

function readState(
  compilation: Compilation,
  { value: { state, state_key }, pointer }: Located<ConnectorInput>,
): OAuthPlan['state'] | null {
  const min = state?.min ?? 1
  const max = state?.max ?? Math.max(min, DEFAULT_STATE_MAX)
  if (state !== undefined && max < SAFE_STATE) {
    compilation.warn(
      `${pointer}/state`,
      'state_short',
      `allows ${max} characters, fewer than the ${SAFE_STATE} that are safe`,
    )
  }
  if (state === undefined && state_key === undefined) return null
  return { name: state_key ?? 'state', ...(state !== undefined && { length: { min, max } }) }
}

/** `state` as its own challenge or verifier, without the filter that makes PKCE of it (RFC 7636 §4.2). */
function lintVerifier({ authorization_url }: OAuthPlan, { refuse }: Compilation, pointer: string): void {
  if (sendsAs(authorization_url, 'code_challenge', 'state')) {
    refuse(pointer, 'pkce_plain', 'sends state as code_challenge; write {{ state_value | codechallengeS256 }}')
  }
}

function sendsAs(template: Template, parameter: string, variable: string): boolean {
  return template.tokens.some((token, index) => {
    const before = template.tokens[index - 1]
    return token[0] === '&' && token[1] === variable && before?.[0] === 'text' && before[1].endsWith(`${parameter}=`)
  })
}

/**
 * The refresh request for providers that rename the client's parameters; others are asked as RFC 6749 §6 says. It goes
 * to the token endpoint, in the media type and with the headers of the token request.
 */
function compileRefreshRequest(input: ConnectorInput, token_request: RequestTemplates): RequestTemplates | null {
  const { client_id_key = 'client_id', client_secret_key = 'client_secret' } = input
  if (client_id_key === 'client_id' && client_secret_key === 'client_secret') return null
  const parameters = [
    { name: 'grant_type', source: 'refresh_token', value: [{ text: 'refresh_token' }] },
    { name: 'refresh_token', source: '{{ refresh_token }}', value: [{ variable: 'refresh_token' }] },
    { name: client_id_key, source: '{{ client_id_value }}', value: [{ variable: 'client_id' }] },
    { name: client_secret_key, source: '{{ client_secret_value }}', value: [{ variable: 'client_secret' }] },
  ]
  return {
    ...token_request,
    url: withoutQuery(token_request.url),
    body: token_request.media_type === 'json' ? jsonBody(parameters) : formBody(parameters),
  }
}

/** The parameters of a code exchange, where they stand in the URL, end at its query. */
function withoutQuery(template: Template): Template {
  const at = template.tokens.findIndex((token) => token[0] === 'text' && token[1].includes('?'))
  const cut = template.tokens[at]
  if (cut === undefined) return template
  const head: Template['tokens'][number] = ['text', cut[1].slice(0, cut[1].indexOf('?')), cut[2], cut[3]]
  const tokens = [...template.tokens.slice(0, at), head]
  return { ...template, tokens, names: new Set([...template.names].filter((name) => reads(tokens, name))) }
}

function reads(tokens: Template['tokens'], name: string): boolean {
  return tokens.some((token) => token[1] === name || (Array.isArray(token[4]) && reads(token[4], name)))
}
