import { loadDpopKey } from '../dpop/dpop-key.ts'
import { requireDpopBound } from '../dpop/require-dpop-bound.ts'
import { OAuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { buildRefreshRequest } from '../refresh-request.ts'
import { type Secret, secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import { readTokenResponse, type TokenSet } from '../token-response.ts'
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
  /** The credentials so far. With them, tokens whose reply does not fit the response map are kept nevertheless. */
  credentials?: Secret<JsonObject>
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
  const origin = { phase, now: setup.now(), captured: input.captured, key }
  try {
    return obtainedGrant(plan, tokens, origin)
  } catch (error) {
    if (!input.credentials || !(error instanceof OAuthError)) throw error
    // The refresh token may be spent by now: what it bought must not be lost with the map.
    const unmapped = obtainedGrant({ ...plan, response_map: [], refresh_response_map: [] }, tokens, origin)
    return { ...unmapped, credentials: replaceTokens(input.credentials, input, tokens) }
  }
}

/** The credentials with each token in the place of the one before it. */
function replaceTokens(credentials: Secret<JsonObject>, before: RefreshInput, after: TokenSet): Secret<JsonObject> {
  const successors = new Map<unknown, string>()
  if (before.access_token) successors.set(before.access_token.reveal(), after.access_token.reveal())
  if (before.refresh_token && after.refresh_token) {
    successors.set(before.refresh_token.reveal(), after.refresh_token.reveal())
  }
  const replaced = Object.entries(credentials.reveal()).map(([name, value]) => [name, successors.get(value) ?? value])
  return secret(Object.fromEntries(replaced))
}
