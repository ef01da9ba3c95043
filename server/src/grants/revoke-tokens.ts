// Ends tokens at their provider: a connection that is deleted, an account that was not the expected one, tokens that came
// too late to be stored.
import type { Conversation, JsonObject, Secret } from '@sluice/oauth'

export interface RevocableTokens {
  access_token: Secret
  refresh_token: Secret | null
  captured?: JsonObject
}

export interface TokenRevocation {
  token: 'refresh_token' | 'access_token'
  /**
   * `revoked`: the provider said so, or knew the token no more. `ended_with_other`: the revocation of the other token ends
   * it. `not_offered`: the provider declares no revocation. `failed`: it may still be alive. `kept`: nobody asked for it.
   */
  outcome: 'revoked' | 'ended_with_other' | 'not_offered' | 'failed' | 'kept'
  /** Why it failed, in a sentence; null otherwise. */
  reason: string | null
}

/**
 * Revokes tokens as the provider's declaration or its metadata says: first the token whose revocation ends the grant, and
 * where there is none of that kind, the other. Never throws: each token's result says how it went.
 */
export async function revokeTokens(
  conversation: Conversation,
  { config, tokens }: { config: JsonObject; tokens: RevocableTokens },
): Promise<TokenRevocation[]> {
  const { access_token, refresh_token, captured } = tokens
  const kinds = kindsOf(tokens)
  const results = await conversation
    .revoke({ access_token, refresh_token, config, ...(captured && { captured }) })
    .catch(() => null)
  if (results === null) {
    return kinds.map((token) => ({ token, outcome: 'failed', reason: 'The revocation request could not be made.' }))
  }
  const [first] = results
  return kinds.map((token) => {
    const result = results.find((other) => other.token === token) ?? first
    if (result === undefined) return { token, outcome: 'not_offered', reason: null }
    if (result.status === 'failed') return { token, outcome: 'failed', reason: result.error.message }
    return { token, outcome: result.token === token ? 'revoked' : 'ended_with_other', reason: null }
  })
}

/** What is told of tokens that are left alone at their provider. */
export function keptTokens(tokens: RevocableTokens): TokenRevocation[] {
  return kindsOf(tokens).map((token) => ({ token, outcome: 'kept', reason: null }))
}

function kindsOf({ access_token, refresh_token }: RevocableTokens): TokenRevocation['token'][] {
  const kinds: TokenRevocation['token'][] = refresh_token === null ? [] : ['refresh_token']
  return access_token.reveal() === '' ? kinds : [...kinds, 'access_token']
}
