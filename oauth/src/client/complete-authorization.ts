import { readAuthorizationResponse } from '../authorization-response.ts'
import { loadDpopKey } from '../dpop/dpop-key.ts'
import { requireDpopBound } from '../dpop/require-dpop-bound.ts'
import { buildFollowUpRequest, readFollowUpResponse } from '../follow-up.ts'
import { checkIdToken, type IdTokenCheck } from '../id-token/check-id-token.ts'
import type { JsonObject } from '../json.ts'
import { type Secret, secret } from '../secret.ts'
import { buildTokenRequest, type TokenRequest } from '../token-request.ts'
import { readTokenResponse, type TokenSet } from '../token-response.ts'
import { buildAuthenticated } from './authenticated-request.ts'
import type { ConnectionContext } from './client-options.ts'
import { type KeptAuthorization, readKept } from './kept-authorization.ts'
import { type ObtainedGrant, obtainedGrant, ungranted } from './obtained-grant.ts'
import { addParameters } from './replace-client-authentication.ts'
import { openContext, planWith, type Setup, senderOf, serverOf } from './setup.ts'
import { signalOf } from './start-authorization.ts'

export interface CompleteInput extends ConnectionContext {
  /** As `startAuthorization` gave it. */
  kept: Secret<JsonObject>
  /** The query of the redirection. */
  parameters: URLSearchParams
}

/**
 * Reads the authorization response (RFC 6749 §4.1.2, RFC 9207), exchanges its code (§4.1.3), takes the follow-up steps that
 * the spec declares, and checks the ID token. Nothing is sent before the response has proved to be the expected one.
 *
 * @throws OAuthError as `readAuthorizationResponse` and `readTokenResponse`; `dpop_not_bound` when a token is not bound to
 *   the key that it was asked with (S52).
 */
export async function completeAuthorization(setup: Setup, input: CompleteInput): Promise<ObtainedGrant> {
  const kept = readKept(input.kept)
  const { issuer, iss_promised } = kept
  const response = readAuthorizationResponse(setup.plan, input.parameters, {
    state: kept.state,
    ...(issuer !== null && { server: { issuer, authorization_response_iss_parameter_supported: iss_promised } }),
  })
  const context = { ...input, captured: { ...input.captured, ...response.captured } }

  const server = await serverOf(setup, context)
  const plan = planWith(setup.plan, server)
  const key = kept.dpop === null ? null : await loadDpopKey(secret(kept.dpop.private_key), kept.dpop.thumbprint)
  const send = senderOf(setup, key)
  const request = () =>
    buildAuthenticated(setup, {
      templates: plan.token_request,
      server,
      issuer,
      resource: setup.resource ?? plan.server?.resource ?? [],
      render: (proof) =>
        withVerifier(
          kept,
          buildTokenRequest(plan, {
            ...openContext(setup, context),
            ...proof,
            redirect_uri: kept.redirect_uri,
            code: response.code,
            state: kept.state,
            parameters: response.parameters,
            ...(kept.code_verifier && { code_verifier: secret(kept.code_verifier) }),
          }),
        ),
    }) as Promise<TokenRequest> // a token request is always there
  const reply = await send(request, signalOf(input))
  const phase = 'authorization_code' as const
  const first = readTokenResponse(plan, reply, { now: setup.now(), phase })
  if (key !== null) requireDpopBound(first)
  const tokens = await followUp({ ...setup, plan }, first, context)
  return {
    ...obtainedGrant(plan, tokens, { phase, now: setup.now(), captured: context.captured, key }),
    identity: await identify(setup, first, kept, server),
    requested_scopes: kept.scopes,
    ungranted_scopes: ungranted(kept.scopes, tokens.scope),
    ignored_parameters: response.ignored,
  }
}

/** Metadata may offer PKCE to a spec that has no words for it (RFC 8414 §2). */
function withVerifier({ code_verifier, verifier_in_template }: KeptAuthorization, request: TokenRequest): TokenRequest {
  if (code_verifier === null || verifier_in_template) return request
  return addParameters(request, { code_verifier })
}

async function followUp(setup: Setup, first: TokenSet, context: ConnectionContext): Promise<TokenSet> {
  const { plan } = setup
  let tokens = first
  for (const step of plan.behaviour.follow_ups) {
    const before = tokens
    const request = () =>
      buildAuthenticated(setup, {
        templates: step.request,
        server: null,
        issuer: null,
        render: (proof) =>
          buildFollowUpRequest(plan, step, { ...openContext(setup, context), ...proof, tokens: before }),
      }) as Promise<TokenRequest> // a step is always there
    const reply = await senderOf(setup, null)(request, signalOf(context))
    tokens = readFollowUpResponse(plan, step, reply, { tokens, now: setup.now() })
  }
  return tokens
}

/** OpenID Connect Core §3.1.3.7. Without an issuer nobody could say whose word it is. */
async function identify(
  { metadata, client, now }: Setup,
  tokens: TokenSet,
  { issuer, nonce }: KeptAuthorization,
  server: Awaited<ReturnType<typeof serverOf>>,
): Promise<IdTokenCheck> {
  if (server === null || issuer === null || !server.jwks_uri) return { status: 'absent' }
  const { client_id } = client
  return checkIdToken(tokens, { server, client_id, nonce, keys: metadata.keys(server), now: now() })
}
