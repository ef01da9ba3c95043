import type { DpopKey } from '../dpop/dpop-key.ts'
import type { IdTokenCheck } from '../id-token/check-id-token.ts'
import type { JsonObject } from '../json.ts'
import { mapCredentials } from '../map-credentials.ts'
import type { OAuthPlan } from '../plan.ts'
import { type Secret, secret } from '../secret.ts'
import type { TokenPhase, TokenSet } from '../token-response.ts'
import { type KeptDpopKey, keptKey } from './kept-authorization.ts'

/** What a token request gave, ready to be stored. */
export interface ObtainedGrant {
  tokens: TokenSet
  /** For the connector, by the spec's response map; with `dpop_private_key` where the tokens are bound to one. */
  credentials: Secret<JsonObject>
  /** What later requests need of the responses so far; keep it with the tokens, encrypted. */
  captured: JsonObject
  /** The key that the tokens are bound to; keep it with the tokens, encrypted. Null: they are bearer tokens. */
  dpop: KeptDpopKey | null
  /** Who the person is at the provider, where the issuer is known and sent an ID token. */
  identity: IdTokenCheck
  /** Scopes that the authorization request asked for; null when it named none. */
  requested_scopes: string[] | null
  /** Scopes that were asked for and not granted, as far as the provider says. */
  ungranted_scopes: string[]
  /** Parameters of the authorization response that a code flow must not carry, dropped unread (S11). */
  ignored_parameters: string[]
}

export function ungranted(asked: string[] | null, granted: string | null): string[] {
  if (asked === null || granted === null) return []
  const given = new Set(granted.split(' '))
  return asked.filter((scope) => !given.has(scope))
}

export interface GrantOrigin {
  phase: TokenPhase
  now: Date
  /** What was captured before these tokens. */
  captured?: JsonObject | undefined
  key: DpopKey | null
}

/** What every token request gives, whatever its grant. */
export function obtainedGrant(
  plan: OAuthPlan,
  tokens: TokenSet,
  { phase, now, captured: before, key }: GrantOrigin,
): ObtainedGrant {
  const captured = { ...before, ...tokens.captured }
  const mapped = mapCredentials(plan, tokens, { now, phase, captured })
  const bound = key && { dpop_private_key: key.private_key.reveal() }
  return {
    tokens,
    credentials: bound ? secret({ ...mapped.reveal(), ...bound }) : mapped,
    captured,
    dpop: keptKey(key),
    identity: { status: 'absent' },
    requested_scopes: null,
    ungranted_scopes: [],
    ignored_parameters: [],
  }
}
