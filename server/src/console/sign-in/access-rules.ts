// Who may sign in to the console by the identity provider, to which tenant, and what they may do there.
import { type Scope, scopes, tenantScopes } from '../../api-keys/scopes.ts'

export type Role = 'admin' | 'editor' | 'viewer'

const EDITORS_LACK = new Set<Scope>(['credentials:read', 'api_keys:write'])

/** An editor works with connections but sees no credentials and makes no keys; a viewer changes nothing. */
export const roleScopes: Record<Role, readonly Scope[]> = {
  admin: ['admin'],
  editor: tenantScopes.filter((scope) => !EDITORS_LACK.has(scope)),
  viewer: scopes.filter((scope) => scope.endsWith(':read') && scope !== 'credentials:read'),
}

export interface AccessRule {
  /** `ada@example.com`, `@example.com`, or `claim=value`. */
  who: string
  role: Role
  /** Null: the installation's first tenant. */
  tenant_id: string | null
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Reads rules such as `ada@example.com admin, @example.com viewer, groups=data editor 019a2f0e-…`; the first that fits a
 * person counts.
 *
 * @returns null when one of them cannot be read
 */
export function parseAccessRules(text: string): AccessRule[] | null {
  const rules: AccessRule[] = []
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue
    const [who = '', role = '', tenantId, ...rest] = entry.split(/\s+/)
    if (!/^([^@=]*@[^@=]+|[^@=]+=.+)$/.test(who) || !isRole(role) || rest.length > 0) return null
    if (tenantId !== undefined && !UUID.test(tenantId)) return null
    rules.push({ who, role, tenant_id: tenantId ?? null })
  }
  return rules
}

/** The first rule that fits a checked ID token's claims. An address counts only where the provider says it is verified. */
export function accessFor(rules: AccessRule[], claims: Record<string, unknown>): AccessRule | null {
  const email = claims.email_verified === true && typeof claims.email === 'string' ? claims.email.toLowerCase() : null
  return rules.find(({ who }) => fits(who, email, claims)) ?? null
}

function fits(who: string, email: string | null, claims: Record<string, unknown>): boolean {
  const equals = who.indexOf('=')
  if (equals > 0) {
    const claim = Object.hasOwn(claims, who.slice(0, equals)) ? claims[who.slice(0, equals)] : undefined
    return [claim].flat().includes(who.slice(equals + 1))
  }
  const wanted = who.toLowerCase()
  return email !== null && (wanted.startsWith('@') ? email.slice(email.lastIndexOf('@')) === wanted : email === wanted)
}

function isRole(text: string): text is Role {
  return Object.hasOwn(roleScopes, text)
}
