import type { Scope } from '../api-keys/scopes.ts'

/**
 * A route's `security`: an API key with this scope. `authenticate` reads it there, before the handler runs, and the API
 * reference shows it (OpenAPI 3.1 §4.8.30 lets schemes other than OAuth list what a caller must hold).
 */
export function requires(scope: Scope): { api_key: Scope[] }[] {
  return [{ api_key: [scope] }]
}
