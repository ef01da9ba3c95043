import type { Compilation } from './compilation.ts'
import type { ParsedFlowSpec } from './flow-spec.ts'
import { lintAuthorizationParameters } from './lint/lint-authorization-parameters.ts'
import { type OAuthPlan, templatesOf } from './plan.ts'
import type { Template } from './template/template.ts'

type PointerTo = ParsedFlowSpec['pointerTo']

/** Checks that hold across templates: nothing secret in the browser, `state` always there, PKCE only by S256. */
export function lintPlan(plan: OAuthPlan, compilation: Compilation, pointerTo: PointerTo): void {
  lintAuthorizationUrl(plan, compilation, pointerTo('authUrlTemplate'))
  lintPkce(plan, compilation, pointerTo)
  lintClientAuthentication(plan, compilation, pointerTo)
}

const LIKELY_SECRET = /secret|password|private_?key|api_?key|(?:access|refresh)_?token|api_?token/i

/** A config field by whose name it is none of the browser's business. */
export function isLikelySecret(variable: string): boolean {
  return variable.startsWith('config.') && LIKELY_SECRET.test(variable)
}

function lintAuthorizationUrl(plan: OAuthPlan, compilation: Compilation, pointer: string): void {
  const template = plan.authorization_url
  const { refuse, warn } = compilation
  for (const name of ['client_secret', 'code_verifier']) {
    if (reads(template, name)) refuse(pointer, 'secret_exposed', `shows ${name} to the browser`)
  }
  const likelySecrets = [...template.names].filter(isLikelySecret)
  if (likelySecrets.length > 0) warn(pointer, 'secret_exposed', `shows ${likelySecrets.join(', ')} to the browser`)
  // An empty source stands for a template that could not be parsed, which is reported already.
  if (template.source !== '' && !template.names.has('state')) {
    refuse(pointer, 'state_missing', 'does not send {{{state}}}, so no response could be trusted')
  }
  lintAuthorizationParameters(template, plan.state?.name ?? 'state', compilation, pointer)
}

/** A PKCE parameter with a literal instead of `{{…}}`, in a URL, a form or JSON. */
const FIXED_PKCE = /\bcode_(?:verifier|challenge)["']?\s{0,8}[=:]\s{0,8}["']?(?!["'\s]{0,8}\{\{)([^\s&"',}]+)/

/** RFC 7636 §4.1 */
const MIN_VERIFIER = 43

/** RFC 7636, RFC 9700 §2.1.1. */
function lintPkce(plan: OAuthPlan, { refuse, warn }: Compilation, pointerTo: PointerTo): void {
  const { authorization_url, token_request } = plan
  const sources = [
    [pointerTo('authUrlTemplate'), authorization_url],
    [pointerTo('accessTokenUrlTemplate'), token_request.url],
    [pointerTo('accessTokenBody'), token_request.body],
  ] as const
  for (const [pointer, template] of sources) {
    const [, literal] = FIXED_PKCE.exec(template?.source ?? '') ?? []
    if (literal !== undefined) {
      const short = literal.length < MIN_VERIFIER ? `, of ${literal.length} characters where 43 are the least` : ''
      refuse(pointer, 'pkce_fixed', `writes a fixed code_verifier or code_challenge${short}`)
    }
  }
  const announcing = pointerTo('authUrlTemplate')
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
  } else if (inUrl && inBody) {
    warn(pointerTo('accessTokenBody'), 'client_authentication_twice', 'repeats the secret of the URL (RFC 6749 §2.3)')
  }
  if (inUrl) {
    warn(pointerTo('accessTokenUrlTemplate'), 'secret_in_url', 'sends client_secret in the URL (RFC 6749 §2.3.1)')
  }
}

function reads(template: Template, variable: string): boolean {
  return [...template.names].some((name) => name === variable || name.endsWith(`.${variable}`))
}
