// The scope ledger: what was asked for, what was granted, what is needed.
import type { OAuthPlan } from '@sluice/oauth'

/** What connections need (`required`), and what they can do without (`optional`). */
export interface NeededScopes {
  required: string[]
  optional: string[]
}

export interface ScopeLedger extends NeededScopes {
  /** Null: not known. */
  asked: string[] | null
  granted: string[]
}

/** Providers separate scopes by spaces (RFC 6749 §3.3) or commas. */
export function scopesIn(text: string | null): string[] {
  return [...new Set((text ?? '').split(/[\s,]+/).filter((scope) => scope !== ''))]
}

/** What the provider did not state was granted as asked (RFC 6749 §5.1). */
export function grantedScopes(grant: { scope: string | null; requested_scopes: string[] | null }): string[] {
  return grant.scope === null ? (grant.requested_scopes ?? []) : scopesIn(grant.scope)
}

export const missingScopes = ({ required, granted }: Pick<ScopeLedger, 'required' | 'granted'>): string[] =>
  required.filter((scope) => !granted.includes(scope))

/** The needs of several parties as one; what anyone requires is not optional. */
export function mergeNeeds(...needs: NeededScopes[]): NeededScopes {
  const required = new Set(needs.flatMap((need) => need.required))
  const optional = new Set(needs.flatMap((need) => need.optional).filter((scope) => !required.has(scope)))
  return { required: [...required], optional: [...optional] }
}

/**
 * The scopes for an authorization request that brings a connection up to its needs. A provider with incremental consent
 * is asked for the difference alone; with another the new grant replaces the old, so what was granted is asked for again,
 * which its consent page knows already. Null: nothing is missing.
 */
export function scopesToAsk(plan: OAuthPlan, ledger: NeededScopes & { granted: string[] }): string[] | null {
  const { required, optional, granted } = ledger
  const difference = [...required, ...optional].filter((scope) => !granted.includes(scope))
  if (difference.length === 0) return null
  return plan.behaviour.incremental_scopes ? difference : [...new Set([...granted, ...difference])]
}
