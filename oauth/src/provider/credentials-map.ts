import type { ResponseMapping } from '../plan.ts'
import type { ProviderDeclaration } from './declaration.ts'

/**
 * The connector's `credentials` of a declared provider: `access_token`, `refresh_token`, `access_token_expires_at`, the same
 * three of each further token with its name before them, and whatever was captured, by name.
 */
export function credentialsMap({ authorization, token, grants }: ProviderDeclaration): ResponseMapping[] {
  const responses = [token.response, ...Object.values(grants).map((grant) => grant?.response)]
  const steps = grants.authorization_code?.follow_up.map(({ response }) => response) ?? []
  const captures = [authorization?.response, ...responses, ...steps].flatMap((place) =>
    Object.keys(place?.capture ?? {}),
  )
  const tokens = [...responses, ...steps].flatMap((response) => Object.keys(response?.tokens ?? {}))
  return [
    ...tokenEntries('', []),
    ...[...new Set(tokens)].flatMap((name) => tokenEntries(`${name}_`, ['tokens', name])),
    ...[...new Set(captures)].map((name) => entry(name, ['captured', name])),
  ]
}

function tokenEntries(prefix: string, place: string[]): ResponseMapping[] {
  return [
    entry(`${prefix}access_token`, [...place, 'access_token']),
    entry(`${prefix}refresh_token`, [...place, 'refresh_token']),
    entry(`${prefix}access_token_expires_at`, [...place, 'expires_at']),
  ]
}

function entry(key: string, pointer: string[]): ResponseMapping {
  return { key, from: 'token_set', pointer }
}
