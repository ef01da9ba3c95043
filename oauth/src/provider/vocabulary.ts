import type { ProviderDeclaration } from './declaration.ts'

/** The variables that a place's placeholders may read. */
export interface Vocabulary {
  /** What is wrong with reading `variable` there; null when nothing is. */
  fault(variable: string): string | null
  /** Every parameter that some RFC's request has, so that shared renames may name those of another grant. */
  standard_names: ReadonlySet<string>
}

const STANDARD_NAMES: ReadonlySet<string> = new Set([
  'client_assertion',
  'client_assertion_type',
  'client_id',
  'client_secret',
  'code',
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
  'access_token',
  'assertion',
  'grant_type',
  'password',
  'redirect_uri',
  'refresh_token',
  'response_type',
  'scope',
  'state',
  'token',
  'token_type_hint',
  'username',
])

/** The variables of every place, by the declaration's own fields, lists and captures. */
export function vocabularyOf(declaration: ProviderDeclaration): (...own: string[]) => Vocabulary {
  const { config, scopes, authorization, token, grants } = declaration
  const captured = new Set(
    [
      authorization?.response.capture,
      token.response?.capture,
      ...Object.values(grants).map((grant) => grant?.response?.capture),
      ...(grants.authorization_code?.follow_up.map(({ response }) => response.capture) ?? []),
    ].flatMap((captures) => Object.keys(captures ?? {})),
  )
  const open = new Set(['client_id', 'scope', ...Object.keys(scopes.further)])
  return (...own) => ({
    standard_names: STANDARD_NAMES,
    fault(variable) {
      const [head, name, ...rest] = variable.split('.')
      if (head === 'config' && name !== undefined && rest.length === 0) {
        return Object.hasOwn(config, name) ? null : 'which config does not declare'
      }
      if (head === 'captured' && name !== undefined && rest.length === 0) {
        return captured.has(name) ? null : 'which no response captures'
      }
      return open.has(variable) || own.includes(variable) ? null : 'which is not known here'
    },
  })
}
