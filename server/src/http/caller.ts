import type { Scope } from '../api-keys/scopes.ts'

/** Who calls the API: always one tenant, proven by an API key or by the console's cookie. */
export interface Caller {
  tenant_id: string
  scopes: readonly Scope[]
  api_key_id: string
}
