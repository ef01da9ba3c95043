// One client's conversation with one provider: every request, in order, with whatever the spec or the provider's metadata
// offer turned on by itself. Who calls this keeps state between the steps and nothing else.

import type { ExchangedToken, TokenExchangeGrant } from '../grants/token-exchange.ts'
import type { Introspection } from '../introspection.ts'
import { pollDevice, type StartedDeviceAuthorization, startDeviceAuthorization } from './authorize-device.ts'
import type { ConnectionContext, OAuthClientOptions } from './client-options.ts'
import { type CompleteInput, completeAuthorization } from './complete-authorization.ts'
import { type IntrospectInput, introspectToken } from './introspect-token.ts'
import { completeOAuth1Authorization, refuseOAuth1, startOAuth1Authorization } from './oauth1-conversation.ts'
import type { ObtainedGrant } from './obtained-grant.ts'
import { type RefreshInput, refreshGrant } from './refresh-grant.ts'
import {
  exchangeToken,
  type JwtBearerInput,
  type PasswordInput,
  requestByAssertion,
  requestByPassword,
  requestClientCredentials,
} from './request-tokens.ts'
import { type RevokeInput, revokeGrant, type TokenRevocation } from './revoke-grant.ts'
import type { Setup } from './setup.ts'
import { type StartedAuthorization, type StartInput, startAuthorization } from './start-authorization.ts'

export interface Conversation {
  readonly client_id: string
  /** The authorization request, by PAR where the server takes it; for OAuth 1.0a, temporary credentials first. */
  startAuthorization(input: StartInput): Promise<StartedAuthorization>
  /** The authorization response, its code's exchange, and the declared steps after it. */
  completeAuthorization(input: CompleteInput): Promise<ObtainedGrant>
  refresh(input: RefreshInput): Promise<ObtainedGrant>
  /** What became of each token; empty when the provider offers no revocation. */
  revoke(input: RevokeInput): Promise<TokenRevocation[]>
  introspect(input: IntrospectInput): Promise<Introspection>
  startDeviceAuthorization(input: ConnectionContext): Promise<StartedDeviceAuthorization>
  pollDevice(input: Parameters<typeof pollDevice>[1]): Promise<ObtainedGrant>
  clientCredentials(input: ConnectionContext): Promise<ObtainedGrant>
  password(input: PasswordInput): Promise<ObtainedGrant>
  jwtBearer(input: JwtBearerInput): Promise<ObtainedGrant>
  exchangeToken(input: ConnectionContext & TokenExchangeGrant): Promise<ExchangedToken>
}

/**
 * A client of a provider. Each step throws an `OAuthError` with its verdict, or the reason with which `signal` was aborted.
 */
export function createOAuthClient({ provider, now = () => new Date(), ...options }: OAuthClientOptions): Conversation {
  const { client_id } = options.client
  if (provider.protocol === 'oauth1') {
    const oauth1 = { ...options, plan: provider.plan, now }
    return {
      client_id,
      startAuthorization: (input) => startOAuth1Authorization(oauth1, input),
      completeAuthorization: (input) => completeOAuth1Authorization(oauth1, input),
      refresh: async () => refuseOAuth1('refresh'),
      revoke: async () => [],
      introspect: async () => refuseOAuth1('introspection'),
      startDeviceAuthorization: async () => refuseOAuth1('sign-in by device code'),
      pollDevice: async () => refuseOAuth1('sign-in by device code'),
      clientCredentials: async () => refuseOAuth1('client credentials grant'),
      password: async () => refuseOAuth1('password grant'),
      jwtBearer: async () => refuseOAuth1('JWT bearer grant'),
      exchangeToken: async () => refuseOAuth1('token exchange'),
    }
  }
  const setup: Setup = { ...options, plan: provider.plan, now }
  return {
    client_id,
    startAuthorization: (input) => startAuthorization(setup, input),
    completeAuthorization: (input) => completeAuthorization(setup, input),
    refresh: (input) => refreshGrant(setup, input),
    revoke: (input) => revokeGrant(setup, input),
    introspect: (input) => introspectToken(setup, input),
    startDeviceAuthorization: (input) => startDeviceAuthorization(setup, input),
    pollDevice: (input) => pollDevice(setup, input),
    clientCredentials: (input) => requestClientCredentials(setup, input),
    password: (input) => requestByPassword(setup, input),
    jwtBearer: (input) => requestByAssertion(setup, input),
    exchangeToken: (input) => exchangeToken(setup, input),
  }
}
