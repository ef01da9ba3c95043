import type { ConfigPath } from './airbyte-oauth.ts'
import type { ConnectorInput } from './connector-specification.ts'
import type { Lookup } from './parse-expression.ts'
import { formEncode, type Piece, urlencodePieces } from './pieces.ts'

const SEPARATORS = { space: ' ', comma: ',', plus: '+' }

/** The template names of the protocol's parameters, with what each is called in the request builders' scope. */
const PARAMETERS = [
  { name: 'client_id', variable: 'client_id', default_key: 'client_id', encoded: false },
  { name: 'client_secret', variable: 'client_secret', default_key: 'client_secret', encoded: false },
  { name: 'auth_code', variable: 'code', default_key: 'code', encoded: false },
  { name: 'redirect_uri', variable: 'redirect_uri', default_key: 'redirect_uri', encoded: true },
  { name: 'state', variable: 'state', default_key: 'state', encoded: false },
] as const

/** Fields of the connector input that say how to proceed and are no text for templates. */
const NOT_TEXT = new Set(['scopes', 'optional_scopes', 'scopes_join_strategy', 'state', 'extract_output'])

/**
 * What every name means in the templates of one spec: `client_id_key`, `_value`, `_param` and its like, scopes, the
 * person's inputs, and the spec's own fields. `redirect_uri_param` and scope parameters are percent-encoded, as in
 * Airbyte.
 */
export function templateVariables(input: ConnectorInput, user_input: ConfigPath[]): Map<string, Piece[]> {
  const names = new Map<string, Piece[]>()
  for (const [name, value] of Object.entries(input)) {
    const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    if (isScalar && !NOT_TEXT.has(name)) names.set(name, [{ text: String(value) }])
  }
  for (const { name, path } of user_input) names.set(name, [{ variable: ['config', ...path].join('.') }])

  for (const { name, variable, default_key, encoded } of PARAMETERS) {
    const key = input[`${name}_key`] ?? default_key
    const value: Piece[] = [{ variable }]
    names.set(key, value)
    names.set(`${name}_key`, [{ text: key }])
    names.set(`${name}_value`, value)
    names.set(`${name}_param`, [{ text: `${key}=` }, ...(encoded ? urlencodePieces(value) : value)])
  }

  const separator = SEPARATORS[input.scopes_join_strategy]
  const join = (scopes: { scope: string }[]) => scopes.map(({ scope }) => scope).join(separator)
  const scope_key = input.scope_key ?? 'scope'
  const own = input[scope_key]
  const scope = input.scopes?.length ? join(input.scopes) : (input.scope ?? (typeof own === 'string' ? own : ''))
  names.set(scope_key, [{ text: scope }])
  names.set('scope_key', [{ text: scope_key }])
  for (const name of ['scope', 'scopes']) {
    names.set(`${name}_value`, [{ text: scope }])
    names.set(`${name}_param`, [{ text: `${scope_key}=${formEncode(scope)}` }])
  }
  if (input.optional_scopes?.length) {
    const optional = join(input.optional_scopes)
    names.set('optional_scopes', [{ text: optional }])
    names.set('optional_scopes_value', [{ text: optional }])
    names.set('optional_scopes_param', [{ text: `optional_scopes=${formEncode(optional)}` }])
  }
  return names
}

/** A variable that the place must not read. */
export class ForbiddenVariable extends SyntaxError {
  readonly variable: string

  constructor(variable: string, message: string) {
    super(message)
    this.variable = variable
  }
}

/**
 * Looks names up as one place may read them. `forbidden` maps a variable of the request builders to the reason why this
 * place may not; `missing` hears of names that nothing stands behind, which Airbyte renders as nothing.
 */
export function lookupIn(
  names: ReadonlyMap<string, Piece[]>,
  forbidden: Partial<Record<string, string>>,
  missing: (name: string) => void,
): Lookup {
  return (name) => {
    const pieces = names.get(name)
    if (pieces === undefined) {
      missing(name)
      return []
    }
    for (const piece of pieces) {
      const reason = 'variable' in piece ? forbidden[piece.variable] : undefined
      if (reason !== undefined && 'variable' in piece)
        throw new ForbiddenVariable(piece.variable, `"${name}" ${reason}`)
    }
    return pieces
  }
}
