import { buildTestCall, type JsonObject, type OAuthPlan, readTestCallResponse, type Secret } from '@sluice/oauth'
import type { Services } from '../services.ts'

export interface TokenToTest {
  client_id: string
  config: JsonObject
  access_token: Secret
  captured?: JsonObject
  tokens?: Record<string, { access_token: Secret }>
}

/**
 * Proves an access token by the provider's declared test call. False when none is declared.
 *
 * @throws OAuthError with its verdict: `reauthorize` when the API does not take the token
 */
export async function testToken(
  { fetch, now }: Pick<Services, 'fetch' | 'now'>,
  plan: OAuthPlan,
  token: TokenToTest,
): Promise<boolean> {
  const request = buildTestCall(plan, { ...token, now: now() })
  if (request === null) return false
  readTestCallResponse(await fetch(request))
  return true
}
