import { randomBytes } from 'node:crypto'
import type { Adapter, AdapterPayload, ClientAuthMethod, ClientMetadata } from 'oidc-provider'
import Provider, { errors } from 'oidc-provider'
import { type Account, findAccount } from './accounts.ts'
import { deviceFlow } from './device-pages.ts'
import { errorPage } from './error-page.ts'
import type { LabClient, LabStandard } from './lab.ts'
import { MUTUAL_TLS } from './mutual-tls.ts'
import { createAdapter, type ProviderState } from './provider-state.ts'
import { SCOPES } from './scopes.ts'
import { loadKeys } from './signing-keys.ts'

const MINUTE = 60
const YEAR = 365 * 24 * 60 * MINUTE

export interface AuthorizationServerOptions {
  origin: string
  state: ProviderState
  clients: ReadonlyMap<string, LabClient>
  access_token_seconds: number
  rotation: 'never' | 'always'
  reuse: 'refused' | 'revokes_grant'
  grace_seconds: number
  standards: ReadonlySet<LabStandard>
  /** Whether clients may prove themselves by certificate. */
  by_certificate: boolean
}

const CLIENT_AUTHENTICATION: ClientAuthMethod[] = ['client_secret_basic', 'client_secret_post']
const CLIENT_ASSERTIONS: ClientAuthMethod[] = ['private_key_jwt', 'client_secret_jwt', 'none']
const CLIENT_CERTIFICATES: ClientAuthMethod[] = ['tls_client_auth', 'self_signed_tls_client_auth']

/**
 * The authorization server of the lab: RFC 6749 with PKCE S256 required, RFC 9207 `iss`, RFC 9126 PAR, RFC 7009
 * revocation, RFC 7662 introspection and rotating refresh tokens. Reuse of a rotated one revokes the whole grant unless
 * `reuse` and `grace_seconds` say otherwise. Further `standards` are off unless named.
 */
export function createAuthorizationServer(options: AuthorizationServerOptions): Provider {
  const { state, clients, standards } = options
  const keys = loadKeys(state)

  const server = new Provider(options.origin, {
    adapter: (model) => {
      const adapter = createAdapter(state, model)
      const findClient = async (id: string) => clientMetadata(clients.get(id)) ?? (await adapter.find(id))
      const findSpent = async (id: string) => reusable(await adapter.find(id), options)
      return {
        ...adapter,
        ...(model === 'Client' && { find: findClient }),
        ...(model === 'RefreshToken' && { find: findSpent }),
      }
    },
    jwks: keys.jwks,
    cookies: {
      keys: keys.cookie_keys,
      names: { session: 'lab_session', interaction: 'lab_interaction', resume: 'lab_resume' },
    },
    scopes: Object.keys(SCOPES),
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    // Many providers put the claims of these scopes into the ID token itself, as OpenID Connect Core §5.4 does not.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    clientAuthMethods: [
      ...CLIENT_AUTHENTICATION,
      ...(standards.has('client_assertions') ? CLIENT_ASSERTIONS : []),
      ...(options.by_certificate ? CLIENT_CERTIFICATES : []),
    ],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'], userinfoSigningAlgValues: ['ES256'] },
    clientBasedCORS: () => false,
    clockTolerance: 0,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: standards.has('client_credentials') },
      deviceFlow: standards.has('device_code') ? deviceFlow : { enabled: false },
      dPoP: {
        enabled: standards.has('dpop') || standards.has('dpop_nonce'),
        nonceSecret: randomBytes(32),
        requireNonce: () => standards.has('dpop_nonce'),
      },
      mTLS: options.by_certificate ? MUTUAL_TLS : { enabled: false },
      pushedAuthorizationRequests: {
        enabled: true,
        requirePushedAuthorizationRequests: standards.has('pushed_requests_only'),
      },
      registration: { enabled: standards.has('registration') },
      resourceIndicators: {
        enabled: standards.has('resource_indicators'),
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== `${options.origin}/api`) throw new errors.InvalidTarget()
          return { scope: Object.keys(SCOPES).join(' '), audience: resource, accessTokenFormat: 'opaque' }
        },
      },
      rpInitiatedLogout: { enabled: false },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    },
    findAccount: (_ctx, id) => {
      const account = findAccount(id)
      return account && { accountId: account.id, claims: () => claimsOf(account) }
    },
    loadExistingGrant: async (ctx) => {
      const grantId = ctx.oidc.result?.consent?.grantId
      return grantId === undefined ? undefined : await ctx.oidc.provider.Grant.find(grantId)
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    expiresWithSession: () => false,
    rotateRefreshToken: () => options.rotation === 'always',
    ttl: {
      AccessToken: () => options.access_token_seconds,
      AuthorizationCode: () => MINUTE,
      ClientCredentials: () => options.access_token_seconds,
      DeviceCode: () => 10 * MINUTE,
      Grant: () => YEAR,
      IdToken: () => 60 * MINUTE,
      Interaction: () => 60 * MINUTE,
      RefreshToken: () => YEAR,
      Session: () => 10 * MINUTE,
    },
    renderError: (ctx, out) => {
      const page = errorPage(out.error, out.error_description)
      ctx.set(page.headers)
      ctx.body = page.html
    },
  })

  server.on('server_error', (_ctx, error) => process.stderr.write(`lab: ${error.stack ?? error}\n`))
  return server
}

/** A refresh token as this provider sees it when it comes: a spent one is as good as new within the grace period. */
function reusable(
  token: Awaited<ReturnType<Adapter['find']>>,
  { reuse, grace_seconds }: Pick<AuthorizationServerOptions, 'reuse' | 'grace_seconds'>,
): AdapterPayload | undefined {
  if (!token || typeof token.consumed !== 'number') return token || undefined
  if (Date.now() / 1000 < token.consumed + grace_seconds) return { ...token, consumed: undefined }
  return reuse === 'refused' ? undefined : token
}

function clientMetadata(client: LabClient | undefined): ClientMetadata | undefined {
  return (
    client && {
      client_id: client.client_id,
      client_secret: client.client_secret,
      client_name: client.client_name ?? client.client_id,
      redirect_uris: [...client.redirect_uris],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      ...client.metadata,
    }
  )
}

function claimsOf({ id, name, email }: Account) {
  return { sub: id, name, email, email_verified: true }
}
