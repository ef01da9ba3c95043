// What is known of a grant from the moment of consent, beside its tokens: what was asked for, whose account it opens, and
// how long it can live at most.
import type { JsonObject, OAuthPlan, TokenSet } from '@sluice/oauth'
import type { GrantAccount } from '../database/schema.ts'
import { readAccount } from './grant-account.ts'

/** Columns of `grants`. */
export interface GrantFacts {
  /** When the person consented. */
  granted_at: Date
  requested_scopes: string[] | null
  account: GrantAccount | null
  idle_lifetime_seconds: number | null
  absolute_until: Date | null
  refresh_expiry_is_final: boolean
}

export interface GrantOrigin {
  tokens: TokenSet
  /** What the authorization response gave beside the code. */
  captured?: JsonObject
  client_id: string
  /** Of the authorization request; null when nobody knows. */
  requested_scopes: string[] | null
  granted_at: Date
}

/** The facts of a grant that has just been given, by the plan's declared lifetimes and the provider's reply. */
export function grantFacts(plan: OAuthPlan, origin: GrantOrigin): GrantFacts {
  const { tokens, client_id, requested_scopes, granted_at } = origin
  const { refresh_policy } = plan.behaviour
  const captured = { ...origin.captured, ...tokens.captured }
  return {
    granted_at,
    requested_scopes,
    account: readAccount(plan, { ...tokens, captured }, client_id),
    idle_lifetime_seconds: refresh_policy.idle_lifetime,
    absolute_until:
      refresh_policy.absolute_lifetime === null
        ? null
        : new Date(granted_at.getTime() + refresh_policy.absolute_lifetime * 1000),
    // A refresh token that is never replaced cannot outlive the date that came with it.
    refresh_expiry_is_final: refresh_policy.rotation === 'never' && tokens.refresh_token_expires_at != null,
  }
}
