// The same conversation with a provider of OAuth 1.0a (RFC 5849), as far as that has its steps.

import { OAuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { OAuth1Plan } from '../oauth1/oauth1-plan.ts'
import {
  buildOAuth1AuthorizationUrl,
  buildTemporaryCredentialsRequest,
  buildTokenCredentialsRequest,
  readOAuth1AuthorizationResponse,
  readTemporaryCredentials,
  readTokenCredentials,
  type TokenCredentials,
} from '../oauth1/three-legged.ts'
import { createState } from '../pkce.ts'
import { secret } from '../secret.ts'
import { readExpiry } from '../token-lifetime.ts'
import type { ClientRegistrationData, OAuthClientOptions } from './client-options.ts'
import type { CompleteInput } from './complete-authorization.ts'
import { keep, NOTHING_KEPT, readKept } from './kept-authorization.ts'
import type { ObtainedGrant } from './obtained-grant.ts'
import { notOffered } from './setup.ts'
import { type StartedAuthorization, type StartInput, signalOf } from './start-authorization.ts'

export interface OAuth1Setup extends Omit<OAuthClientOptions, 'provider' | 'now'> {
  plan: OAuth1Plan
  now: () => Date
}

/** The callback carries our `state` in its query, so that it is found like any other. */
export async function startOAuth1Authorization(setup: OAuth1Setup, input: StartInput): Promise<StartedAuthorization> {
  const { plan, fetch, scopes } = setup
  const state = input.state ?? createState()
  const callback = new URL(input.redirect_uri)
  callback.searchParams.set('state', state)
  const now = setup.now()
  const client = sharedSecret(setup.client)
  const request = buildTemporaryCredentialsRequest(plan, { ...client, callback: callback.href }, { now })
  const temporary = readTemporaryCredentials(await fetch(request, signalOf(input)))
  const { url } = buildOAuth1AuthorizationUrl(plan, temporary, scopes?.scope && { scopes: scopes.scope })
  const { token, token_secret } = temporary
  const kept = keep({
    ...NOTHING_KEPT,
    redirect_uri: input.redirect_uri,
    state,
    temporary: { token: token.reveal(), token_secret: token_secret.reveal() },
  })
  return { url, state, expires_at: null, kept }
}

/** `credentials` are `oauth_token`, `oauth_token_secret` and what else the provider says. */
export async function completeOAuth1Authorization(setup: OAuth1Setup, input: CompleteInput): Promise<ObtainedGrant> {
  const kept = readKept(input.kept)
  const [state, ...others] = input.parameters.getAll('state')
  if (kept.temporary === null || others.length > 0 || state !== kept.state) {
    throw new OAuthError('state_mismatch', 'This sign-in was not started here or is over. Start it again.', {
      field: 'state',
    })
  }
  const temporary = { token: secret(kept.temporary.token), token_secret: secret(kept.temporary.token_secret) }
  const response = new URLSearchParams([...input.parameters].filter(([name]) => name !== 'state'))
  const { verifier, parameters } = readOAuth1AuthorizationResponse(response, temporary)
  const client = sharedSecret(setup.client)
  const now = setup.now()
  const request = buildTokenCredentialsRequest(setup.plan, { ...client, temporary, verifier }, { now })
  const issued = readTokenCredentials(await setup.fetch(request, signalOf(input)))
  return obtained(issued, now, { ...input.captured, ...parameters })
}

export function refuseOAuth1(what: string): never {
  throw notOffered(what, 'protocol')
}

function obtained(issued: TokenCredentials, now: Date, captured: JsonObject): ObtainedGrant {
  const { token, token_secret, response } = issued
  const said = response.reveal()
  const credentials = { ...said, oauth_token: token.reveal(), oauth_token_secret: token_secret.reveal() }
  return {
    tokens: {
      access_token: token,
      refresh_token: null,
      expires_at: readExpiry({ expires_in: said.oauth_expires_in }, now),
      scope: null,
      token_type: null,
      response: secret(credentials),
    },
    credentials: secret(credentials),
    captured,
    dpop: null,
    identity: { status: 'absent' },
    requested_scopes: null,
    ungranted_scopes: [],
    ignored_parameters: [],
  }
}

function sharedSecret({ client_id, client_secret }: ClientRegistrationData) {
  if (client_secret) return { client_id, client_secret }
  throw new OAuthError('refused_value', 'OAuth 1.0a needs a client secret. Add it to the integration.', {
    field: 'client_secret',
    verdict: 'integration_broken',
  })
}
