// The JWT bearer grant (RFC 7523 §2.1) as a declaration says it: service accounts, and apps that were installed somewhere
// (an assertion signed by the app's key buys a token of one installation).

import { randomUUID } from 'node:crypto'
import { OAuthError } from './errors.ts'
import type { JsonObject } from './json.ts'
import { renderParameters } from './parameters.ts'
import type { OAuthPlan } from './plan.ts'
import type { AssertedRequest } from './provider-behaviour.ts'
import {
  type AuthenticatedRequestContext,
  authenticatedScope,
  openScope,
  type RequestContext,
  requireGrant,
} from './request-scope.ts'
import type { Secret } from './secret.ts'
import { renderRequest, type TokenRequest } from './token-request.ts'

/**
 * The claims of a declared assertion (RFC 7523 §3): `iss` and `sub` are the client, `aud` is `audience` and `jti` is fresh,
 * unless the declaration says otherwise or leaves them out. Times are seconds since 1970.
 *
 * @throws OAuthError `invalid_spec` when the plan does not declare the grant.
 */
export function assertionClaims(plan: OAuthPlan, context: RequestContext, audience: string): JsonObject {
  const { claims, omitted, lifetime_seconds, backdated_seconds } = declaredRequest(plan).assertion
  const now = context.now ?? new Date()
  const seconds = Math.floor(now.getTime() / 1000)
  const standard = { iss: context.client_id, sub: context.client_id, aud: audience, jti: randomUUID() }
  return {
    ...Object.fromEntries(Object.entries(standard).filter(([name]) => !omitted.has(name))),
    ...Object.fromEntries(renderParameters(claims, openScope(plan, context), now)),
    iat: seconds - backdated_seconds,
    exp: seconds + lifetime_seconds,
  }
}

export interface JwtBearerRequestInput extends AuthenticatedRequestContext {
  /** `assertionClaims`, signed. */
  assertion: Secret
}

/**
 * Builds the declared token request with a signed assertion in it.
 *
 * @throws OAuthError as `assertionClaims`; `refused_value` naming the field that does not fit its place.
 */
export function buildJwtBearerRequest(plan: OAuthPlan, { assertion, ...context }: JwtBearerRequestInput): TokenRequest {
  const scope = { ...authenticatedScope(plan, context), assertion: assertion.reveal() }
  return renderRequest(declaredRequest(plan), scope, plan.url_policy, context.now ?? new Date())
}

function declaredRequest(plan: OAuthPlan): AssertedRequest {
  requireGrant(plan, 'jwt_bearer')
  const request = plan.behaviour.jwt_bearer_request
  if (request === null) {
    throw new OAuthError('invalid_spec', `${plan.provider} does not declare its JWT bearer request.`)
  }
  return request
}
