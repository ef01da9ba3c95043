import type { Compilation } from './compilation.ts'
import type { ParsedFlowSpec } from './flow-spec.ts'
import { type OAuthPlan, templatesOf } from './plan.ts'
import type { Template } from './template/template.ts'

type PointerTo = ParsedFlowSpec['pointerTo']

/** Checks that hold across templates: nothing secret in the browser, `state` always there, PKCE only by S256. */
export function lintPlan(plan: OAuthPlan, compilation: Compilation, pointerTo: PointerTo): void {
  lintAuthorizationUrl(plan.authorization_url, compilation, pointerTo('authUrlTemplate'))
  lintPkce(plan, compilation, pointerTo)
  lintClientAuthentication(plan, compilation, pointerTo)
}

function lintAuthorizationUrl(template: Template, { refuse }: Compilation, pointer: string): void {
  for (const name of ['client_secret', 'code_verifier']) {
    if (reads(template, name)) refuse(pointer, 'secret_exposed', `shows ${name} to the browser`)
  }
  // An empty source stands for a template that could not be parsed, which is reported already.
  if (template.source !== '' && !template.names.has('state')) {
    refuse(pointer, 'state_missing', 'does not send {{{state}}}, so no response could be trusted')
  }
}

/** A PKCE parameter with a literal instead of `{{…}}`, in a URL, a form or JSON. */
const FIXED_PKCE = /\bcode_(?:verifier|challenge)["']?\s{0,8}[=:]\s{0,8}["']?(?!["'\s]{0,8}\{\{)[^\s&"',}]/
const FIXED_METHOD = /\bcode_challenge_method=(?!\{\{)(?!S256(?![^&\s#]))/

/** RFC 7636, RFC 9700 §2.1.1. */
function lintPkce(plan: OAuthPlan, { refuse, warn }: Compilation, pointerTo: PointerTo): void {
  const { authorization_url, token_request } = plan
  const sources = [
    [pointerTo('authUrlTemplate'), authorization_url],
    [pointerTo('accessTokenUrlTemplate'), token_request.url],
    [pointerTo('accessTokenBody'), token_request.body],
  ] as const
  for (const [pointer, template] of sources) {
    if (template !== null && FIXED_PKCE.test(template.source)) {
      refuse(pointer, 'pkce_fixed', 'writes a fixed code_verifier or code_challenge')
    }
  }
  const announcing = pointerTo('authUrlTemplate')
  if (FIXED_METHOD.test(authorization_url.source)) {
    refuse(announcing, 'pkce_plain', 'may set code_challenge_method to {{{code_challenge_method}}} or S256 only')
  }

  const announces = authorization_url.names.has('code_challenge')
  const proves = templatesOf(token_request).some((template) => template.names.has('code_verifier'))
  if (announces && !proves) warn(pointerTo('accessTokenBody'), 'pkce_unproven', 'does not send {{{code_verifier}}}')
  if (proves && !announces) warn(announcing, 'pkce_unannounced', 'does not send {{{code_challenge}}}')
  if (announces && !authorization_url.source.includes('code_challenge_method')) {
    warn(announcing, 'pkce_method_missing', 'sends no code_challenge_method, which means plain')
  }
}

function lintClientAuthentication(plan: OAuthPlan, { warn }: Compilation, pointerTo: PointerTo): void {
  const inUrl = reads(plan.token_request.url, 'client_secret')
  const inBody = plan.token_request.body !== null && reads(plan.token_request.body, 'client_secret')
  if (plan.client_authentication === 'client_secret_basic' && (inUrl || inBody)) {
    const field = inBody ? 'accessTokenBody' : 'accessTokenUrlTemplate'
    warn(
      pointerTo(field),
      'client_authentication_twice',
      'repeats the secret of the Authorization header (RFC 6749 §2.3)',
    )
  }
  if (inUrl) {
    warn(pointerTo('accessTokenUrlTemplate'), 'secret_in_url', 'sends client_secret in the URL (RFC 6749 §2.3.1)')
  }
}

function reads(template: Template, variable: string): boolean {
  return [...template.names].some((name) => name === variable || name.endsWith(`.${variable}`))
}
