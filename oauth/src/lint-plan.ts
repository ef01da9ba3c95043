import type { Compilation } from './compilation.ts'
import type { ParsedFlowSpec } from './flow-spec.ts'
import type { OAuthPlan } from './plan.ts'
import type { Template } from './template/template.ts'

/** A PKCE parameter with a literal instead of `{{…}}`. */
const FIXED_PKCE = /\bcode_(?:verifier|challenge)["']?\s{0,8}[=:]\s{0,8}["']?(?!["'\s]{0,8}\{\{)[^\s&"',}]/
const FIXED_METHOD = /\bcode_challenge_method=(?!\{\{)(?!S256(?![^&\s#]))/

/** Checks that hold across templates: nothing secret in the browser, `state` always there, PKCE only by S256. */
export function lintPlan(plan: OAuthPlan, compilation: Compilation, pointerTo: ParsedFlowSpec['pointerTo']): void {
  const authorization = plan.authorization_url
  const authorizationPointer = pointerTo('authUrlTemplate')
  for (const name of ['client_secret', 'code_verifier']) {
    if (reads(authorization, name)) {
      compilation.refuse(authorizationPointer, 'secret_exposed', `shows ${name} to the browser`)
    }
  }
  if (authorization.source !== '' && !authorization.names.has('state')) {
    compilation.refuse(
      authorizationPointer,
      'state_missing',
      'does not send {{{state}}}, so no response could be trusted',
    )
  }

  const token = plan.token_request
  const tokenTemplates = [token.url, token.body, ...token.headers.map(({ value }) => value)].filter((t) => t !== null)
  if (FIXED_METHOD.test(authorization.source)) {
    compilation.refuse(
      authorizationPointer,
      'pkce_plain',
      'must leave code_challenge_method to {{{code_challenge_method}}} or S256',
    )
  }
  for (const [pointer, { source }] of [
    [authorizationPointer, authorization],
    [pointerTo('accessTokenUrlTemplate'), token.url],
    [pointerTo('accessTokenBody'), token.body ?? token.url],
  ] as const) {
    if (FIXED_PKCE.test(source))
      compilation.refuse(pointer, 'pkce_fixed', 'writes a fixed code_verifier or code_challenge')
  }

  const challenges = authorization.names.has('code_challenge')
  const proves = tokenTemplates.some((template) => template.names.has('code_verifier'))
  if (challenges && !proves) {
    compilation.warn(pointerTo('accessTokenBody'), 'pkce_unproven', 'does not send {{{code_verifier}}}')
  }
  if (proves && !challenges) {
    compilation.warn(authorizationPointer, 'pkce_unannounced', 'does not send {{{code_challenge}}}')
  }
  if (challenges && !/\bcode_challenge_method\b/.test(authorization.source)) {
    compilation.warn(authorizationPointer, 'pkce_method_missing', 'sends no code_challenge_method, which means plain')
  }
  if (
    plan.client_authentication === 'client_secret_basic' &&
    (reads(token.url, 'client_secret') || reads(token.body, 'client_secret'))
  ) {
    compilation.warn(
      pointerTo('accessTokenBody'),
      'client_authentication_twice',
      'repeats the secret that the Authorization header sends (RFC 6749 §2.3)',
    )
  }
  if (reads(token.url, 'client_secret')) {
    compilation.warn(
      pointerTo('accessTokenUrlTemplate'),
      'secret_in_url',
      'sends client_secret in the URL (RFC 6749 §2.3.1)',
    )
  }
}

function reads(template: Template | null, variable: string): boolean {
  return template !== null && [...template.names].some((name) => name === variable || name.endsWith(`.${variable}`))
}
