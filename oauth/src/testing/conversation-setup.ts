// A conversation with the lab, whose provider is written in each dialect in which it could be.

import type { TestContext } from 'node:test'
import { type LabClient, type LabOptions, startLab } from '@sluice/lab'
import type { ClientRegistrationData, OAuthClientOptions } from '../client/client-options.ts'
import { createOAuthClient } from '../client/create-oauth-client.ts'
import { createMetadataCache } from '../client/metadata-cache.ts'
import { compileFlowPlan } from '../compile-flow-plan.ts'
import { createGuardedFetch, type GuardedFetch } from '../guarded-fetch.ts'
import { type CompiledProvider, compileProvider } from '../provider/compile-provider.ts'
import { secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import { DEVELOPMENT, REDIRECT_URI } from './lab-client.ts'

const urlencode = (name: string) => `{{#urlencode}}{{{${name}}}}{{/urlencode}}`

/** A Flow spec that knows nothing beyond RFC 6749: no PKCE, no issuer. */
export function plainFlowSpec(origin: string, scope = 'openid orders:read offline_access') {
  return {
    provider: 'lab',
    authUrlTemplate: `${origin}/auth?response_type=code&prompt=consent&client_id=${urlencode('client_id')}&redirect_uri=${urlencode('redirect_uri')}&state=${urlencode('state')}&scope=${encodeURIComponent(scope)}`,
    accessTokenUrlTemplate: `${origin}/token`,
    accessTokenHeaders: { 'content-type': 'application/x-www-form-urlencoded' },
    accessTokenBody: ['client_id', 'client_secret', 'redirect_uri', 'code']
      .map((name) => `${name}=${urlencode(name)}`)
      .concat('grant_type=authorization_code')
      .join('&'),
    accessTokenResponseMap: { access_token: '/access_token', refresh_token: '/refresh_token' },
  }
}

export function flowProvider(spec: object): CompiledProvider {
  return { protocol: 'oauth2', plan: compileFlowPlan(spec, { allow_loopback: true }) }
}

/** A declaration of the lab by its issuer alone; all endpoints are in its metadata. */
export function issuerProvider(issuer: string, more: object = {}): CompiledProvider {
  const declaration = {
    provider: 'lab',
    issuer,
    scopes: { default: ['openid', 'orders:read', 'offline_access'] },
    authorization: { parameters: { prompt: 'consent' } },
    token: { client_authentication: 'client_secret_basic' },
    grants: { authorization_code: {}, refresh_token: {} },
    ...more,
  }
  return compileProvider(declaration, { allow_loopback: true })
}

/** What a conversation sent, beside what came of it. */
export function watchedFetch(fetch: GuardedFetch = createGuardedFetch({ allow_loopback: true })) {
  const sent: TokenRequest[] = []
  const watched: GuardedFetch = (request, options) => {
    sent.push(request)
    return fetch(request, options)
  }
  return { fetch: watched, sent, to: (path: string) => sent.filter(({ url }) => new URL(url).pathname === path) }
}

export async function startConversations(t: TestContext, options: LabOptions = {}) {
  const lab = await startLab(options)
  t.after(() => lab.close())
  const watched = watchedFetch()
  const metadata = createMetadataCache({ fetch: watched.fetch, ...DEVELOPMENT })
  return {
    lab,
    watched,
    metadata,
    addClient(more: LabClient['metadata'] = {}): ClientRegistrationData {
      const { client_id, client_secret } = lab.addClient({ redirect_uris: [REDIRECT_URI], metadata: more })
      return { client_id, client_secret: secret(client_secret) }
    },
    converse(
      provider: CompiledProvider,
      client: ClientRegistrationData,
      more: Partial<Omit<OAuthClientOptions, 'provider' | 'client'>> = {},
    ) {
      return createOAuthClient({ provider, client, fetch: watched.fetch, metadata, ...more })
    },
  }
}
