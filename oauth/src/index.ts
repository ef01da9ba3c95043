export {
  type AuthorizationRequestInput,
  buildAuthorizationRequest,
} from './authorization-request.ts'
export { type AuthorizationResponse, readAuthorizationResponse } from './authorization-response.ts'
export { type AssertionClaims, signAssertion, signAssertionBySecret } from './client-authentication/assertion.ts'
export {
  authenticateClient,
  CLIENT_AUTHENTICATION_METHODS,
  type ClientAuthentication,
  type ClientAuthenticationContext,
  type ClientAuthenticationMethod,
  type ClientCertificate,
  type OAuthClient,
} from './client-authentication/authenticate-client.ts'
export type { SigningKey } from './client-authentication/signing-key.ts'
export { compileFlowPlan } from './compile-flow-plan.ts'
export {
  OAuthError,
  type OAuthErrorCode,
  type ProviderError,
  type SpecFinding,
  type Verdict,
} from './errors.ts'
export { createGuardedFetch, type GuardedFetch, type GuardedFetchOptions } from './guarded-fetch.ts'
export type { JsonObject, JsonValue } from './json.ts'
export { mapCredentials } from './map-credentials.ts'
export { createPkce, createState, type Pkce } from './pkce.ts'
export type { OAuthPlan } from './plan.ts'
export { buildRefreshRequest, type RefreshRequestInput } from './refresh-request.ts'
export { Secret, secret } from './secret.ts'
export { buildTokenRequest, type TokenRequest, type TokenRequestInput } from './token-request.ts'
export { readTokenResponse, type TokenEndpointResponse, type TokenPhase, type TokenSet } from './token-response.ts'
export type { UrlPolicy } from './url-policy.ts'
