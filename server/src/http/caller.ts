import type { Scope } from '../api-keys/scopes.ts'

/** Who calls the API: always one tenant, proven by an API key or by the console's cookie. */
export interface Caller {
  tenant_id: string
  scopes: readonly Scope[]
  /** Null: a person who signed in to the console without one. */
  api_key_id: string | null
  /** Who signed in to the console; null for calls with an API key. */
  user: string | null
}
