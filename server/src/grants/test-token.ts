import {
  buildTestCall,
  type JsonObject,
  OAuthError,
  type OAuthPlan,
  readTestCallResponse,
  type Secret,
  type TokenRequest,
} from '@sluice/oauth'
import type { Services } from '../services.ts'

export interface TokenToTest {
  client_id: string
  config: JsonObject
  access_token: Secret
  captured?: JsonObject
  tokens?: Record<string, { access_token: Secret }>
}

/**
 * Proves an access token by the provider's declared test call. False when none is declared, or none fits the config.
 *
 * @throws OAuthError with its verdict: `reauthorize` when the API does not take the token
 */
export async function testToken(
  { fetch, now }: Pick<Services, 'fetch' | 'now'>,
  plan: OAuthPlan,
  token: TokenToTest,
): Promise<boolean> {
  const request = testCall(plan, { ...token, now: now() })
  if (request === null) return false
  readTestCallResponse(await fetch(request))
  return true
}

/** A declaration may count on a config field that this connector calls otherwise: then there is no test call for it. */
function testCall(plan: OAuthPlan, token: TokenToTest & { now: Date }): TokenRequest | null {
  try {
    return buildTestCall(plan, token)
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'refused_value') return null
    throw error
  }
}
