import { OAuthError } from '../errors.ts'
import {
  buildStandardRevocationRequest,
  readRevocationResponse,
  type TokenInQuestion,
  type TokenTypeHint,
} from '../revocation.ts'
import { buildRevocationRequest } from '../revocation-request.ts'
import type { Secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import { buildAuthenticated } from './authenticated-request.ts'
import type { ConnectionContext } from './client-options.ts'
import { issuerOf, openContext, type Setup, senderOf, serverOf, standardClient } from './setup.ts'
import { signalOf } from './start-authorization.ts'

export interface RevokeInput extends ConnectionContext {
  access_token: Secret
  refresh_token?: Secret | null
}

/** What became of one token at its provider. */
export type TokenRevocation =
  | { token: TokenTypeHint; status: 'revoked' }
  /** It may still be alive; `error.verdict` tells whether to try again. */
  | { token: TokenTypeHint; status: 'failed'; error: OAuthError }

/**
 * Ends a grant at its provider: as the spec declares, by the one token whose revocation ends it all; else by RFC 7009 where
 * metadata names the endpoint, the refresh token first. Empty when the provider offers no revocation. Never throws for
 * what the provider answers, so that local deletion goes on.
 */
export async function revokeGrant(setup: Setup, input: RevokeInput): Promise<TokenRevocation[]> {
  const { revocation } = setup.plan.behaviour
  if (revocation !== null) {
    const token = input.refresh_token ? revocation.token : 'access_token'
    return [await attempt(token, () => declaredRequest(setup, input), setup, input)]
  }
  const tokens: TokenInQuestion[] = [
    ...(input.refresh_token ? [{ token: input.refresh_token, token_type_hint: 'refresh_token' as const }] : []),
    { token: input.access_token, token_type_hint: 'access_token' },
  ]
  try {
    const server = await serverOf(setup, input)
    if (!server?.revocation_endpoint) return []
    const client = standardClient(setup, server)
    const results: TokenRevocation[] = []
    for (const question of tokens) {
      const request = () => buildStandardRevocationRequest(server, client, question, { now: setup.now() })
      results.push(await attempt(question.token_type_hint ?? 'access_token', request, setup, input))
    }
    return results
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    return tokens.map(({ token_type_hint = 'access_token' }) => ({ token: token_type_hint, status: 'failed', error }))
  }
}

async function declaredRequest(setup: Setup, input: RevokeInput): Promise<TokenRequest> {
  const { plan } = setup
  const { access_token, refresh_token = null } = input
  return (await buildAuthenticated(setup, {
    templates: plan.behaviour.revocation?.request ?? plan.token_request,
    server: null,
    issuer: issuerOf(setup, input),
    render: (proof) =>
      buildRevocationRequest(plan, { ...openContext(setup, input), ...proof, access_token, refresh_token }),
  })) as TokenRequest // the caller has seen that it is declared
}

async function attempt(
  token: TokenTypeHint,
  build: () => Promise<TokenRequest>,
  setup: Setup,
  context: ConnectionContext,
): Promise<TokenRevocation> {
  try {
    readRevocationResponse(await senderOf(setup, null)(build, signalOf(context)))
    return { token, status: 'revoked' }
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    return { token, status: 'failed', error }
  }
}
