// Whose account a grant opens, so that a repair by somebody else is noticed.
import { isJsonObject, type JsonObject, type OAuthPlan, type TokenSet } from '@sluice/oauth'
import type { GrantAccount } from '../database/schema.ts'

const MAXIMUM_LENGTH = 500

/**
 * The account of a grant: the subject of the ID token, else the captures that the provider's declaration says identify
 * it; null when the provider tells neither.
 *
 * The ID token came from the token endpoint over TLS, which stands in for its signature (OpenID Connect Core §3.1.3.7,
 * item 6); one for another client says nothing.
 */
export function readAccount(plan: OAuthPlan, tokens: TokenSet, clientId: string): GrantAccount | null {
  return fromIdToken(tokens.response.reveal().id_token, clientId) ?? fromCaptures(plan, tokens.captured ?? {})
}

function fromIdToken(idToken: unknown, clientId: string): GrantAccount | null {
  const claims = typeof idToken === 'string' ? claimsOf(idToken) : null
  if (claims === null || typeof claims.iss !== 'string') return null
  if (typeof claims.sub !== 'string' || claims.sub === '' || claims.sub.length > MAXIMUM_LENGTH) return null
  return [claims.aud].flat().includes(clientId) ? { id: claims.sub, source: 'id_token' } : null
}

function claimsOf(idToken: string): JsonObject | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return isJsonObject(claims) ? claims : null
  } catch {
    return null
  }
}

function fromCaptures({ behaviour }: OAuthPlan, captured: JsonObject): GrantAccount | null {
  const values = behaviour.account.map((name) => captured[name])
  if (values.length === 0 || values.some((value) => value === undefined || value === null)) return null
  return { id: values.map(String).join('/').slice(0, MAXIMUM_LENGTH), source: 'declared' }
}

/** Whether both are known and differ. Sources that differ cannot be compared. */
export function isAnotherAccount(before: GrantAccount | null, after: GrantAccount | null): boolean {
  return before !== null && after !== null && before.source === after.source && before.id !== after.id
}
