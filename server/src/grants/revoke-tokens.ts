// Ends tokens at their provider: a connection that is deleted, an account that was not the expected one, tokens that came
// too late to be stored.
import {
  buildRevocationRequest,
  type JsonObject,
  OAuthError,
  type OAuthPlan,
  readRevocationResponse,
  type Secret,
} from '@sluice/oauth'
import type { OAuthClient } from '../integrations/find-integration.ts'
import type { Services } from '../services.ts'

export interface RevocableTokens {
  access_token: Secret
  refresh_token: Secret | null
  captured?: JsonObject
}

export interface TokenRevocation {
  token: 'refresh_token' | 'access_token'
  /**
   * `revoked`: the provider said so, or knew the token no more. `ended_with_other`: the revocation of the other token ends
   * it. `not_offered`: the provider declares no revocation. `failed`: it may still be alive.
   */
  outcome: 'revoked' | 'ended_with_other' | 'not_offered' | 'failed'
  /** Why it failed, in a sentence; null otherwise. */
  reason: string | null
}

/**
 * Revokes tokens by the provider's declared method: first the token whose revocation ends the grant, and where there is
 * none of that kind, the other. Never throws: each token's result says how it went.
 */
export async function revokeTokens(
  services: Pick<Services, 'fetch' | 'now'>,
  plan: OAuthPlan,
  context: { client: OAuthClient; config: JsonObject; tokens: RevocableTokens },
): Promise<TokenRevocation[]> {
  const { tokens } = context
  const kinds: TokenRevocation['token'][] = tokens.refresh_token === null ? [] : ['refresh_token']
  if (tokens.access_token.reveal() !== '') kinds.push('access_token')
  const { revocation } = plan.behaviour
  if (revocation === null) return kinds.map((token) => ({ token, outcome: 'not_offered', reason: null }))

  const first = tokens.refresh_token === null ? 'access_token' : revocation.token
  const reason = await revoke(services, plan, context)
  return kinds.map((token) => {
    if (reason !== null) return { token, outcome: 'failed', reason }
    return { token, outcome: token === first ? 'revoked' : 'ended_with_other', reason: null }
  })
}

/** Null when it went well. */
async function revoke(
  { fetch, now }: Pick<Services, 'fetch' | 'now'>,
  plan: OAuthPlan,
  { client, config, tokens }: Parameters<typeof revokeTokens>[2],
): Promise<string | null> {
  try {
    const request = buildRevocationRequest(plan, { ...client, ...tokens, config, now: now() })
    if (request !== null) readRevocationResponse(await fetch(request))
    return null
  } catch (error) {
    return error instanceof OAuthError ? error.message : 'The revocation request could not be made.'
  }
}
