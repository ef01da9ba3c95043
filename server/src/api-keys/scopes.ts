// What an API key may do. A route says what it needs beside its `security` (`requires`).
import { z } from '@hono/zod-openapi'
import { Problem } from '../http/problem.ts'

/** What each scope lets its holder do, in the words of the API reference. */
export const scopeMeanings = {
  'connectors:read': 'see the connectors, their specs, and check configs against them',
  'integrations:read': 'see client registrations, never their secrets',
  'integrations:write': 'create, change and remove client registrations',
  'connections:read': 'see connections with their secrets masked, and their health',
  'connections:write': 'create, change, test, reauthorize and remove connections',
  'credentials:read': 'read fresh credentials in the clear; each reading is audited',
  'connect_sessions:read': 'see connect sessions',
  'connect_sessions:write': 'invite people to connect',
  'runs:read': 'see runs and what they read',
  'runs:write': 'start and stop runs',
  'events:read': 'see events and webhook deliveries',
  'events:write': 'manage webhook endpoints and deliver again',
  'audit:read': 'read and verify the audit chain',
  'api_keys:read': 'see API keys, never their text',
  'api_keys:write': 'create, rotate and revoke API keys of no more scopes than its own',
  admin: 'everything in its own tenant, and create and remove tenants',
} as const

export type Scope = keyof typeof scopeMeanings

// The names of an object literal are exactly its keys.
export const scopes = Object.keys(scopeMeanings) as Scope[]

/** Everything within one tenant: what a tenant's first key may do. */
export const tenantScopes: readonly Scope[] = scopes.filter((scope) => scope !== 'admin')

export const scopeSchema = z.enum(scopes).openapi('Scope')

/** Whether holding these allows what needs `needed`: `admin` covers all, and `…:write` covers its `…:read`. */
export function covers(held: readonly Scope[], needed: Scope): boolean {
  return held.some(
    (scope) =>
      scope === needed ||
      scope === 'admin' ||
      (needed.endsWith(':read') && scope === needed.replace(/:read$/, ':write')),
  )
}

/** @throws Problem 403 `scope_missing`, naming the scope */
export function requireScope(held: readonly Scope[], needed: Scope, what: string): void {
  if (covers(held, needed)) return
  throw new Problem(403, 'scope_missing', `${what} needs the scope ${needed}. Use an API key that has it.`, {
    required_scope: needed,
  })
}
