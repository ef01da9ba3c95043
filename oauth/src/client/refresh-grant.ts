import { loadDpopKey } from '../dpop/dpop-key.ts'
import { requireDpopBound } from '../dpop/require-dpop-bound.ts'
import { buildRefreshRequest } from '../refresh-request.ts'
import type { Secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import { readTokenResponse } from '../token-response.ts'
import { buildAuthenticated } from './authenticated-request.ts'
import type { ConnectionContext } from './client-options.ts'
import type { KeptDpopKey } from './kept-authorization.ts'
import { type ObtainedGrant, obtainedGrant } from './obtained-grant.ts'
import { issuerOf, openContext, planWith, type Setup, senderOf, serverOf } from './setup.ts'
import { signalOf } from './start-authorization.ts'

export interface RefreshInput extends ConnectionContext {
  refresh_token?: Secret | null
  /** For providers that refresh with it: `plan.behaviour.refreshes_with`. */
  access_token?: Secret
  /** As kept with the tokens. */
  dpop?: KeptDpopKey | null
}

/**
 * Refreshes a grant (RFC 6749 §6). `tokens.refresh_token` is null when the old one stays, and `credentials` lacks what the
 * provider did not say again: merge both over what was there.
 *
 * @throws OAuthError as `readTokenResponse`; `dpop_key_lost` and `dpop_not_bound` (S52).
 */
export async function refreshGrant(setup: Setup, input: RefreshInput): Promise<ObtainedGrant> {
  const { dpop = null, refresh_token, access_token } = input
  const key = dpop && (await loadDpopKey(dpop.private_key, dpop.thumbprint))
  const server = await serverOf(setup, input)
  const plan = planWith(setup.plan, server)
  const request = () =>
    buildAuthenticated(setup, {
      templates: plan.refresh_request ?? plan.token_request,
      server,
      issuer: issuerOf(setup, input),
      resource: setup.resource ?? plan.server?.resource ?? [],
      render: (proof) =>
        buildRefreshRequest(plan, {
          ...openContext(setup, input),
          ...proof,
          ...(refresh_token && { refresh_token }),
          ...(access_token && { access_token }),
        }),
    }) as Promise<TokenRequest> // a refresh request is there, or `buildRefreshRequest` throws
  const reply = await senderOf(setup, key)(request, signalOf(input))
  const phase = 'refresh_token' as const
  const tokens = readTokenResponse(plan, reply, { now: setup.now(), phase })
  if (key !== null) requireDpopBound(tokens)
  return obtainedGrant(plan, tokens, { phase, now: setup.now(), captured: input.captured, key })
}
