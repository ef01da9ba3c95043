export type { AirbyteOAuth, AirbytePaths, ConfigPath, OutputPath } from './airbyte/airbyte-oauth.ts'
export { type AirbytePlanOptions, compileAirbytePlan } from './airbyte/compile-airbyte-plan.ts'
export { readOAuthUserInput } from './airbyte/read-oauth-user-input.ts'
export { type OAuthOutput, writeOAuthOutput } from './airbyte/write-oauth-output.ts'
export { type ApiContext, type ApiRequestInput, buildApiRequest, buildTestCall } from './api-request.ts'
export {
  type AuthorizationRequestInput,
  buildAuthorizationRequest,
} from './authorization-request.ts'
export {
  type AuthorizationResponse,
  type ExpectedAuthorization,
  readAuthorizationResponse,
} from './authorization-response.ts'
export type { StartedDeviceAuthorization } from './client/authorize-device.ts'
export type { ClientRegistrationData, ConnectionContext, OAuthClientOptions } from './client/client-options.ts'
export { type Conversation, createOAuthClient } from './client/create-oauth-client.ts'
export type { KeptDpopKey } from './client/kept-authorization.ts'
export { createMetadataCache, type MetadataCache, type MetadataCacheOptions } from './client/metadata-cache.ts'
export type { ObtainedGrant } from './client/obtained-grant.ts'
export type { TokenRevocation } from './client/revoke-grant.ts'
export type { StartedAuthorization } from './client/start-authorization.ts'
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
export { chooseClientAuthentication } from './client-authentication/choose-client-authentication.ts'
export type { SigningKey } from './client-authentication/signing-key.ts'
export { buildClientCredentialsRequest } from './client-credentials-request.ts'
export { compileFlowPlan } from './compile-flow-plan.ts'
export { configInAddresses } from './config-in-addresses.ts'
export { type AuthorizationServer, parseAuthorizationServer } from './discovery/authorization-server.ts'
export {
  buildMetadataRequests,
  type DiscoveryPolicy,
  discoverServer,
  readMetadataResponse,
} from './discovery/discover-server.ts'
export {
  buildResourceMetadataRequest,
  type DiscoveredResource,
  discoverResource,
  type ProtectedResource,
  readResourceMetadataResponse,
} from './discovery/protected-resource.ts'
export { type Challenge, readChallenges } from './discovery/www-authenticate.ts'
export { createDpopKey, type DpopKey, loadDpopKey } from './dpop/dpop-key.ts'
export { createDpopProof, type DpopProofInput } from './dpop/dpop-proof.ts'
export { createDpopSender, type DpopOptions } from './dpop/dpop-sender.ts'
export { requireDpopBound } from './dpop/require-dpop-bound.ts'
export {
  OAuthError,
  type OAuthErrorCode,
  type ProviderError,
  type SpecFinding,
  type Verdict,
} from './errors.ts'
export { parseFlowSpec } from './flow-spec.ts'
export { buildFollowUpRequest, type FollowUpRequestInput, readFollowUpResponse } from './follow-up.ts'
export {
  type AuthorizationCodeGrant,
  buildAuthorizationCodeGrant,
  buildRefreshTokenGrant,
  buildStandardAuthorizationRequest,
  type RefreshTokenGrant,
  type StandardAuthorizationRequest,
} from './grants/authorization-code.ts'
export { buildClientCredentialsGrant, type ClientCredentialsGrant } from './grants/client-credentials.ts'
export {
  buildDeviceAuthorizationRequest,
  type DeviceAuthorization,
  readDeviceAuthorizationResponse,
} from './grants/device-authorization.ts'
export {
  buildDeviceCodeGrant,
  type DevicePolling,
  type DeviceTokenResult,
  pollDeviceToken,
  readDeviceTokenResponse,
} from './grants/device-code.ts'
export type { RequestTime, StandardClient } from './grants/endpoint-request.ts'
export { buildJwtBearerGrant, type JwtBearerGrant } from './grants/jwt-bearer.ts'
export { readGrantResponse } from './grants/read-grant-response.ts'
export { createSender, type Sender, type SendOptions } from './grants/sender.ts'
export {
  buildTokenExchangeGrant,
  type ExchangedToken,
  readTokenExchangeResponse,
  TOKEN_TYPES,
  type TokenExchangeGrant,
  type TypedToken,
} from './grants/token-exchange.ts'
export { checkOutboundUrl, createGuardedFetch, type GuardedFetch, type GuardedFetchOptions } from './guarded-fetch.ts'
export {
  checkIdToken,
  type DiscardReason,
  type ExpectedIdToken,
  type IdTokenCheck,
} from './id-token/check-id-token.ts'
export { createProviderKeys, type ProviderKeys, readJwksResponse } from './id-token/provider-keys.ts'
export { buildStandardIntrospectionRequest, type Introspection, readIntrospectionResponse } from './introspection.ts'
export { buildIntrospectionRequest } from './introspection-request.ts'
export { isJsonObject, type JsonObject, type JsonValue } from './json.ts'
export { assertionClaims, buildJwtBearerRequest, type JwtBearerRequestInput } from './jwt-bearer-request.ts'
export type { LintFinding } from './lint/describe-finding.ts'
export { lintAirbyteSpec } from './lint/lint-airbyte-spec.ts'
export { lintFlowSpec } from './lint/lint-flow-spec.ts'
export { lintProviderDeclaration } from './lint/lint-provider-declaration.ts'
export { LINT_RULES, type LintRule, type LintRuleId, type Severity } from './lint/rules.ts'
export { mapCredentials } from './map-credentials.ts'
export { buildOAuth1ApiRequest, buildOAuth1TestCall } from './oauth1/oauth1-api-request.ts'
export { compileOAuth1Plan, type OAuth1Plan, oauth1Declaration } from './oauth1/oauth1-plan.ts'
export { planForOAuth1 } from './oauth1/plan-for-oauth1.ts'
export { type OAuth1Credentials, type SigningOptions, signOAuth1Request } from './oauth1/sign-request.ts'
export { SIGNATURE_METHODS, type SignatureMethod } from './oauth1/signature.ts'
export {
  buildOAuth1AuthorizationUrl,
  buildTemporaryCredentialsRequest,
  buildTokenCredentialsRequest,
  readOAuth1AuthorizationResponse,
  readTemporaryCredentials,
  readTokenCredentials,
  type TemporaryCredentials,
  type TokenCredentials,
} from './oauth1/three-legged.ts'
export { buildPasswordRequest, type PasswordRequestInput } from './password-request.ts'
export { createPkce, createState, type Pkce } from './pkce.ts'
export type { DpopUse, OAuthPlan, PlannedServer, StateLength } from './plan.ts'
export { type CompiledProvider, compileProvider } from './provider/compile-provider.ts'
export { compileProviderPlan } from './provider/compile-provider-plan.ts'
export { type ProviderDeclaration, providerDeclaration } from './provider/declaration.ts'
export { withDeclaredBehaviour } from './provider/with-declared-behaviour.ts'
export type { ApiAccess, ProviderBehaviour, RefreshPolicy } from './provider-behaviour.ts'
export {
  buildPushedAuthorizationRequest,
  PushedAuthorization,
  prepareAuthorization,
  readPushedAuthorizationResponse,
} from './pushed-authorization.ts'
export { randomOctets } from './random.ts'
export { buildRefreshRequest, type RefreshRequestInput } from './refresh-request.ts'
export {
  buildRegistrationRequest,
  type ClientRegistration,
  type RegisteredClient,
  readRegistrationResponse,
} from './registration/register-client.ts'
export {
  buildStandardRevocationRequest,
  readRevocationResponse,
  type TokenInQuestion,
  type TokenTypeHint,
} from './revocation.ts'
export { buildRevocationRequest, type RevocationRequestInput } from './revocation-request.ts'
export { Secret, secret } from './secret.ts'
export { readTestCallResponse } from './test-call-response.ts'
export { buildTokenRequest, type TokenRequest, type TokenRequestInput } from './token-request.ts'
export { readTokenResponse, type TokenEndpointResponse, type TokenPhase, type TokenSet } from './token-response.ts'
export type { UrlPolicy } from './url-policy.ts'
