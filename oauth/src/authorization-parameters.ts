import { parseAddress } from './template/place-url.ts'
import type { Rendered } from './template/sentinels.ts'

/** Whether the parameters that protect an authorization are right, whatever the values. */
export interface AuthorizationParameters {
  /** `state` stands there exactly once, as it is given (RFC 6749 §10.12). */
  carries_state: boolean
  /** Where a PKCE method is named, it is S256 or the one that is given (RFC 7636 §4.3). */
  keeps_method: boolean
}

/** @throws OAuthError `invalid_template` when the template gives no URL. */
export function readAuthorizationParameters(rendered: Rendered, state_name: string): AuthorizationParameters {
  const { searchParams } = parseAddress(rendered)
  const methods = searchParams.getAll('code_challenge_method').filter((method) => method !== '')
  return {
    carries_state: isExactly(rendered, searchParams.getAll(state_name), 'state'),
    keeps_method: methods.every(
      (method) => method === 'S256' || isExactly(rendered, [method], 'code_challenge_method'),
    ),
  }
}

/** Whether there is one value, and it is the variable `field` with nothing around it, encoded at most once. */
function isExactly(rendered: Rendered, values: string[], field: string): boolean {
  const [value = '', ...more] = values
  const [slot, ...others] = rendered.slotsIn(value)
  if (slot === undefined || slot.field !== field || slot.urlencode > 1) return false
  return more.length + others.length === 0 && rendered.fill(value, () => '') === ''
}
