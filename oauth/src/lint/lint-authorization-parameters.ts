import type { Compilation } from '../compilation.ts'
import { OAuthError } from '../errors.ts'
import { parseAddress } from '../template/place-url.ts'
import { renderSentinels } from '../template/render.ts'
import type { Rendered } from '../template/sentinels.ts'
import type { Template } from '../template/template.ts'
import { branchScopes } from './probe-scopes.ts'

/**
 * Checks the parameters of the authorization URL in every branch of its template: `state` exactly once and whole, PKCE by
 * S256 alone. What is wrong whatever the values is refused; what is wrong in one branch only is a warning, because
 * `buildAuthorizationRequest` refuses it when it comes to that.
 */
export function lintAuthorizationParameters(template: Template, compilation: Compilation, pointer: string): void {
  const report = template.conditional ? compilation.warn : compilation.refuse
  for (const scope of branchScopes(template)) {
    const rendered = renderSentinels(template, scope, new Date(0))
    const parameters = parametersOf(rendered)
    if (parameters === null) continue
    if (!isExactly(rendered, parameters.getAll('state'), 'state')) {
      report(pointer, 'state_missing', 'does not carry exactly {{{state}}} as its parameter state')
    }
    const methods = parameters.getAll('code_challenge_method').filter((method) => method !== '')
    if (methods.some((method) => method !== 'S256' && !isExactly(rendered, [method], 'code_challenge_method'))) {
      report(pointer, 'pkce_plain', 'may set code_challenge_method to {{{code_challenge_method}}} or S256 only')
    }
  }
}

function parametersOf(rendered: Rendered): URLSearchParams | null {
  try {
    return parseAddress(rendered).searchParams
  } catch (error) {
    if (error instanceof OAuthError) return null
    throw error
  }
}

/** Whether there is one value, and it is the variable `field` with nothing around it, encoded at most once. */
function isExactly(rendered: Rendered, values: string[], field: string): boolean {
  const [value = '', ...more] = values
  const [slot, ...others] = rendered.slotsIn(value)
  return more.length + others.length === 0 && slot?.field === field && rendered.fill(value, () => '') === ''
}
