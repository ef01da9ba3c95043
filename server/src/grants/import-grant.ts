// Tokens that somebody already has, from another broker or another time: proven before they are kept.
import {
  type Conversation,
  type JsonObject,
  mapCredentials,
  OAuthError,
  type OAuthPlan,
  type Secret,
  secret,
  type TokenSet,
} from '@sluice/oauth'
import { Problem } from '../http/problem.ts'
import type { Services } from '../services.ts'
import type { IssuedTokens } from './grant.ts'
import { testToken } from './test-token.ts'

export interface ImportedTokens {
  access_token: Secret | null
  refresh_token: Secret | null
  expires_at: Date | null
  /** As granted; null: not known. */
  scopes: string[] | null
  /** What the connector's credentials hold besides, and what the provider once gave beside tokens: a tenant, an account. */
  further: JsonObject
}

export interface TokensToProve {
  plan: OAuthPlan
  conversation: Conversation
  config: JsonObject
  given: ImportedTokens
  /** @throws Problem 422 when the connector would not take such credentials */
  requireFitting: (credentials: Secret<JsonObject>) => void
}

export interface ProvenTokens {
  issued: IssuedTokens
  /** `refresh`: still to be done, by `proveByRefresh`; until then these are the tokens as given. */
  proven_by: 'test_call' | 'refresh'
}

/**
 * Proves tokens at the provider by its declared test call, where the access token may still live, because that spends
 * nothing. Else a refresh is to prove them; it may spend the token that was given, so what could be refused is refused
 * before it, and they are stored first.
 *
 * @throws Problem 422 `tokens_refused` when the provider does not take them, `tokens_unproven` when there is nothing to
 *   prove them by; OAuthError when the provider cannot answer or refuses the client
 */
export async function proveTokens(
  services: Services,
  { plan, conversation, config, given, requireFitting }: TokensToProve,
): Promise<ProvenTokens> {
  const now = services.now()
  const tokens = asTokenSet(given, now)
  const { further } = given
  const mapped = mapCredentials(plan, tokens, { now, phase: 'refresh_token', captured: further })
  const credentials = secret({ ...further, ...mapped.reveal() })
  const lives = given.access_token !== null && (given.expires_at === null || given.expires_at > now)
  try {
    const context = { client_id: conversation.client_id, config, ...tokens, captured: further }
    if (lives && (await testToken(services, plan, context))) {
      requireFitting(credentials)
      return { issued: { tokens, credentials, captured: further }, proven_by: 'test_call' }
    }
  } catch (error) {
    // The access token is over; the refresh token may not be.
    if (!isRefusal(error) || given.refresh_token === null) throw refused(error)
  }
  if (given.refresh_token === null || plan.behaviour.refreshes_with === null) {
    throw new Problem(422, 'tokens_unproven', UNPROVEN)
  }
  const expected = mapCredentials(plan, asTokenSet(asIfRefreshed(given, now), now), {
    now,
    phase: 'refresh_token',
    captured: further,
  })
  requireFitting(secret({ ...further, ...expected.reveal() }))
  // Until the refresh, nobody is to be given an access token of which nothing is known.
  const expires_at = given.access_token === null ? now : (given.expires_at ?? now)
  return { issued: { tokens: { ...tokens, expires_at }, credentials, captured: further }, proven_by: 'refresh' }
}

/** What a refresh will fill in, whatever its value. */
function asIfRefreshed(given: ImportedTokens, now: Date): ImportedTokens {
  return {
    ...given,
    access_token: given.access_token ?? secret('of-the-refresh'),
    expires_at: given.expires_at ?? new Date(now.getTime() + 3_600_000),
  }
}

const UNPROVEN =
  'Nothing proves these tokens: give a refresh token, or an access token of a provider that declares a test call.'

function isRefusal(error: unknown): boolean {
  return error instanceof OAuthError && error.verdict === 'reauthorize'
}

/** As a refusal of the tokens, where it is one. */
export function refused(error: unknown): unknown {
  if (!isRefusal(error)) return error
  return new Problem(422, 'tokens_refused', 'The provider does not accept these tokens; nothing was stored.', {
    cause: error,
    errors: [{ pointer: '/grant', rule: 'accepted_by_provider', message: 'Have the person authorize instead.' }],
  })
}

/** As if the provider had answered with them. */
function asTokenSet({ access_token, refresh_token, expires_at, scopes, further }: ImportedTokens, now: Date): TokenSet {
  const scope = scopes === null ? null : scopes.join(' ')
  const reply: JsonObject = {
    ...further,
    ...(access_token && { access_token: access_token.reveal() }),
    ...(refresh_token && { refresh_token: refresh_token.reveal() }),
    ...(scope !== null && { scope }),
    ...(expires_at && { expires_in: Math.max(0, Math.round((expires_at.getTime() - now.getTime()) / 1000)) }),
  }
  return {
    access_token: access_token ?? secret(''),
    refresh_token,
    expires_at,
    scope,
    token_type: null,
    response: secret(reply),
    captured: further,
  }
}
