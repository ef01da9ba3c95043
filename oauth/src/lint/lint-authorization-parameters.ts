import { type AuthorizationParameters, readAuthorizationParameters } from '../authorization-parameters.ts'
import type { Compilation } from '../compilation.ts'
import { OAuthError } from '../errors.ts'
import { renderSentinels } from '../template/render.ts'
import type { Rendered } from '../template/sentinels.ts'
import type { Template } from '../template/template.ts'
import { branchScopes } from './probe-scopes.ts'

/**
 * Checks the parameters of the authorization URL in every branch of its template. What is wrong whatever the values is
 * refused; what is wrong in one branch only is a warning, because `buildAuthorizationRequest` refuses it when it comes to
 * that.
 */
export function lintAuthorizationParameters(
  template: Template,
  state_name: string,
  compilation: Compilation,
  pointer: string,
): void {
  const report = template.conditional ? compilation.warn : compilation.refuse
  for (const scope of branchScopes(template)) {
    const parameters = tryParameters(renderSentinels(template, scope, new Date(0)), state_name)
    if (parameters === null) continue
    if (!parameters.carries_state) {
      report(pointer, 'state_missing', `does not carry exactly {{{state}}} as its parameter ${state_name}`)
    }
    if (!parameters.keeps_method) {
      report(pointer, 'pkce_plain', 'may set code_challenge_method to {{{code_challenge_method}}} or S256 only')
    }
  }
}

/** Null where there is no URL, which the compiler reports. */
function tryParameters(rendered: Rendered, state_name: string): AuthorizationParameters | null {
  try {
    return readAuthorizationParameters(rendered, state_name)
  } catch (error) {
    if (error instanceof OAuthError) return null
    throw error
  }
}
