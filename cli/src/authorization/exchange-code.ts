import {
  buildTokenRequest,
  createGuardedFetch,
  type JsonObject,
  mapCredentials,
  OAuthError,
  type OAuthPlan,
  type Pkce,
  readAuthorizationResponse,
  readTokenResponse,
  type Secret,
  type TokenSet,
} from '@sluice/oauth'
import type { OAuthClient } from './find-client.ts'
import { noAnswer } from './require-answer.ts'

export interface AuthorizationAttempt {
  plan: OAuthPlan
  client: OAuthClient
  config: JsonObject
  redirect_uri: string
  state: string
  pkce: Pkce | null
}

export interface ObtainedTokens {
  tokens: TokenSet
  /** As the connector's `accessTokenResponseMap` makes them. */
  mapped: Secret<JsonObject>
}

/**
 * Reads the authorization response and exchanges its code for tokens (RFC 6749 §4.1.3).
 *
 * @throws OAuthError, CliError `provider`, or the reason with which `signal` was aborted.
 */
export async function exchangeCode(
  attempt: AuthorizationAttempt,
  parameters: URLSearchParams,
  signal: AbortSignal,
): Promise<ObtainedTokens> {
  const { plan, client, config, redirect_uri, state, pkce } = attempt
  const response = readAuthorizationResponse(plan, parameters, { state })
  const request = buildTokenRequest(plan, {
    ...client,
    redirect_uri,
    code: response.code,
    ...(pkce && { code_verifier: pkce.code_verifier }),
    config,
    parameters: response.parameters,
  })
  const send = createGuardedFetch({ allow_loopback: true })
  const reply = await send(request, { signal }).catch((error) => {
    throw error instanceof OAuthError && error.code === 'unreachable' ? noAnswer(new URL(request.url), error) : error
  })
  const context = { now: new Date(), phase: 'authorization_code' as const }
  const tokens = readTokenResponse(plan, reply, context)
  return { tokens, mapped: mapCredentials(plan, tokens, context) }
}
