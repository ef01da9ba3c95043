// Requests that follow a code exchange by declaration: a long-lived token for the first one (Facebook, Instagram), facts
// about the account (Mailchimp's data centre).

import { OAuthError } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { OAuthPlan } from './plan.ts'
import type { FollowUp } from './provider-behaviour.ts'
import { readCaptures } from './read-captures.ts'
import { readTokens } from './read-tokens.ts'
import { type AuthenticatedRequestContext, authenticatedScope } from './request-scope.ts'
import { renderRequest, type TokenRequest } from './token-request.ts'
import { readSuccess, type TokenEndpointResponse, type TokenSet } from './token-response.ts'

export interface FollowUpRequestInput extends AuthenticatedRequestContext {
  /** As read from the response before. */
  tokens: TokenSet
}

/** Builds the request of one of `plan.behaviour.follow_ups`; they are sent in turn. */
export function buildFollowUpRequest(plan: OAuthPlan, step: FollowUp, input: FollowUpRequestInput): TokenRequest {
  const captured: JsonObject = { ...input.captured, ...input.tokens.captured }
  const scope = {
    ...authenticatedScope(plan, { ...input, captured }),
    access_token: input.tokens.access_token.reveal(),
    refresh_token: input.tokens.refresh_token?.reveal(),
  }
  return renderRequest(step.request, scope, plan.url_policy, input.now ?? new Date())
}

/**
 * Reads the reply to it into the token set so far: a new access token comes with its own lifetime, a refresh token and
 * further tokens that it does not mention stay.
 *
 * @throws OAuthError as `readTokenResponse` does.
 */
export function readFollowUpResponse(
  plan: OAuthPlan,
  step: FollowUp,
  response: TokenEndpointResponse,
  { tokens, now }: { tokens: TokenSet; now: Date },
): TokenSet {
  const reply = readSuccess(response, step.reading, 'authorization_code')
  const captured = { ...tokens.captured, ...readCaptures(step.reading.captures, reply, plan.url_policy) }
  const kept = Object.keys(captured).length > 0 ? { captured } : {}
  if (!step.gives_token) return { ...tokens, ...kept }
  const read = readTokens(plan, step.reading, reply, now)
  if (read === null) {
    throw new OAuthError('malformed_response', `The provider answered ${step.name} without an access token.`, {
      field: 'access_token',
      verdict: 'integration_broken',
    })
  }
  return { ...tokens, ...read, refresh_token: read.refresh_token ?? tokens.refresh_token, ...kept }
}
