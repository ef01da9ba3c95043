// Grants without a browser: client credentials, password, JWT bearer, token exchange.

import { signAssertion, signClaims } from '../client-authentication/assertion.ts'
import type { SigningKey } from '../client-authentication/signing-key.ts'
import { buildClientCredentialsRequest } from '../client-credentials-request.ts'
import type { AuthorizationServer } from '../discovery/authorization-server.ts'
import { requireDpopBound } from '../dpop/require-dpop-bound.ts'
import { OAuthError } from '../errors.ts'
import { buildClientCredentialsGrant } from '../grants/client-credentials.ts'
import { buildJwtBearerGrant } from '../grants/jwt-bearer.ts'
import {
  buildTokenExchangeGrant,
  type ExchangedToken,
  readTokenExchangeResponse,
  type TokenExchangeGrant,
} from '../grants/token-exchange.ts'
import type { JsonObject } from '../json.ts'
import { assertionClaims, buildJwtBearerRequest } from '../jwt-bearer-request.ts'
import { buildPasswordRequest } from '../password-request.ts'
import type { RequestTemplates } from '../plan.ts'
import type { AssertedRequest } from '../provider-behaviour.ts'
import type { Secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import { readTokenResponse, type TokenPhase } from '../token-response.ts'
import { buildAuthenticated, type Proof } from './authenticated-request.ts'
import type { ConnectionContext } from './client-options.ts'
import { type ObtainedGrant, obtainedGrant } from './obtained-grant.ts'
import {
  addressOf,
  issuerOf,
  openContext,
  planWith,
  type Setup,
  senderOf,
  serverOf,
  standardClient,
  wholeServer,
} from './setup.ts'
import { dpopKeyFor, signalOf } from './start-authorization.ts'

/** Requests a token for the client itself (RFC 6749 §4.4): as the spec declares, else by the RFC where there is an issuer. */
export async function requestClientCredentials(setup: Setup, input: ConnectionContext): Promise<ObtainedGrant> {
  const server = await serverOf(setup, input)
  const plan = planWith(setup.plan, server)
  const declared = plan.behaviour.client_credentials_request
  const phase = 'client_credentials'
  if (declared !== null || server === null) {
    const build = (proof: Proof) => buildClientCredentialsRequest(plan, { ...openContext(setup, input), ...proof })
    return obtain({ ...setup, plan }, input, { phase, server, templates: declared ?? plan.token_request, build })
  }
  const whole = await wholeServer(setup, input)
  const { scopes, resource = null } = setup
  const scope = scopes?.scope?.join(' ')
  const grant = { ...(scope && { scope }), resource: resource ?? plan.server?.resource ?? [] }
  return obtain({ ...setup, plan }, input, {
    phase,
    server,
    request: () => buildClientCredentialsGrant(whole, standardClient(setup, whole), grant, { now: setup.now() }),
  })
}

export interface PasswordInput extends ConnectionContext {
  username: Secret
  password: Secret
}

/** Requests a token by the person's password (RFC 6749 §4.3), where the spec declares that and nowhere else. */
export async function requestByPassword(setup: Setup, input: PasswordInput): Promise<ObtainedGrant> {
  const server = await serverOf(setup, input)
  const plan = planWith(setup.plan, server)
  const { username, password } = input
  return obtain({ ...setup, plan }, input, {
    phase: 'password',
    server,
    templates: plan.behaviour.password_request ?? plan.token_request,
    build: (proof) => buildPasswordRequest(plan, { ...openContext(setup, input), ...proof, username, password }),
  })
}

/** What the assertion says where the spec does not declare it. */
export interface JwtBearerInput extends ConnectionContext {
  /** On whose behalf; the client itself unless given. */
  subject?: string
  scope?: string
  /** Further claims, such as Google's `scope`. */
  claims?: JsonObject
}

/** Requests a token by an assertion that the client's key signs (RFC 7523 §2.1): as the spec declares, else by the RFC. */
export async function requestByAssertion(setup: Setup, input: JwtBearerInput): Promise<ObtainedGrant> {
  const { client, now } = setup
  const { signing_key, client_id } = client
  if (!signing_key) {
    throw new OAuthError('refused_value', 'The JWT bearer grant needs a signing key. Add it to the integration.', {
      field: 'signing_key',
      verdict: 'integration_broken',
    })
  }
  const plan = planWith(setup.plan, await serverOf(setup, input))
  const declared = plan.behaviour.jwt_bearer_request
  if (declared !== null) return requestByDeclaredAssertion({ ...setup, plan }, input, declared, signing_key)
  const server = await wholeServer(setup, input)
  const { subject = client_id, scope, claims } = input
  const aud = client.assertion_audience || server.token_endpoint || server.issuer
  // The assertion proves enough (RFC 7523 §3.1) unless the client has a method of its own.
  const authenticated = client.token_endpoint_auth_method ? standardClient(setup, server) : null
  return obtain(setup, input, {
    phase: 'jwt_bearer',
    server,
    request: async () => {
      const stated = { iss: client_id, sub: subject, aud, now: now(), ...(claims && { claims }) }
      const assertion = await signAssertion(stated, signing_key)
      const resource = setup.resource ?? []
      return buildJwtBearerGrant(
        server,
        authenticated,
        { assertion, resource, ...(scope && { scope }) },
        { now: now() },
      )
    },
  })
}

async function requestByDeclaredAssertion(
  setup: Setup,
  input: ConnectionContext,
  declared: AssertedRequest,
  signing_key: SigningKey,
): Promise<ObtainedGrant> {
  const { plan } = setup
  const context = openContext(setup, input)
  const server = await serverOf(setup, input)
  const issuer = issuerOf(setup, input)
  const audience = setup.client.assertion_audience || issuer || addressOf(setup, declared.url, input)
  return obtain(setup, input, {
    phase: 'jwt_bearer',
    server,
    request: async () => {
      const assertion = await signClaims(assertionClaims(plan, context, audience), signing_key)
      return buildAuthenticated(setup, {
        templates: declared,
        server,
        issuer,
        resource: setup.resource ?? plan.server?.resource ?? [],
        render: (proof) => buildJwtBearerRequest(plan, { ...context, ...proof, assertion }),
      }) as Promise<TokenRequest> // the plan declares it
    },
  })
}

/** Exchanges one token for another (RFC 8693). */
export async function exchangeToken(
  setup: Setup,
  input: ConnectionContext & TokenExchangeGrant,
): Promise<ExchangedToken> {
  const server = await wholeServer(setup, input)
  const { config: _config, captured: _captured, signal: _signal, ...grant } = input
  const client = standardClient(setup, server)
  const request = () => buildTokenExchangeGrant(server, client, grant, { now: setup.now() })
  const reply = await senderOf(setup, null)(request, signalOf(input))
  const { requested_token_type } = grant
  return readTokenExchangeResponse(reply, { now: setup.now(), ...(requested_token_type && { requested_token_type }) })
}

interface Obtaining {
  phase: TokenPhase
  server: AuthorizationServer | null
  /** The plan's own request, … */
  templates?: RequestTemplates
  build?: (proof: Proof) => TokenRequest
  /** … or one that no template writes. */
  request?: () => Promise<TokenRequest>
}

async function obtain(
  setup: Setup,
  context: ConnectionContext,
  { phase, server, templates, build, request }: Obtaining,
): Promise<ObtainedGrant> {
  const { plan } = setup
  const key = await dpopKeyFor(setup, server)
  const send = senderOf(setup, key)
  const building =
    request ??
    (() =>
      buildAuthenticated(setup, {
        templates: templates ?? plan.token_request,
        server,
        issuer: issuerOf(setup, context),
        resource: setup.resource ?? plan.server?.resource ?? [],
        render: (proof) => build?.(proof) ?? null,
      }) as Promise<TokenRequest>) // `build` gives one, or throws
  const reply = await send(building, signalOf(context))
  const tokens = readTokenResponse(plan, reply, { now: setup.now(), phase })
  if (key !== null) requireDpopBound(tokens)
  return obtainedGrant(plan, tokens, { phase, now: setup.now(), captured: context.captured, key })
}
