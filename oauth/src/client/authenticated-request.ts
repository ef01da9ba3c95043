import { randomUUID } from 'node:crypto'
import { signAssertion, signAssertionBySecret } from '../client-authentication/assertion.ts'
import { authenticateClient } from '../client-authentication/authenticate-client.ts'
import type { AuthorizationServer, EndpointName } from '../discovery/authorization-server.ts'
import { OAuthError } from '../errors.ts'
import type { RequestTemplates } from '../plan.ts'
import { type Secret, secret } from '../secret.ts'
import type { TokenRequest } from '../token-request.ts'
import { addParameters, replaceClientAuthentication } from './replace-client-authentication.ts'
import { ownMethod, readsSecret, type Setup } from './setup.ts'

/** What a plan's request function takes to authenticate the client. */
export interface Proof {
  client_id: string
  client_secret: Secret
  client_assertion?: Secret
}

interface Rendering {
  /** The templates that `render` renders, which tell how they prove the client. */
  templates: RequestTemplates
  server: AuthorizationServer | null
  /** Null: none is known. */
  issuer: string | null
  render: (proof: Proof) => TokenRequest | null
  /** For token requests: the resource indicators belong there. */
  resource?: string[]
}

/**
 * Builds one of the plan's requests with the client authenticated exactly once: as the templates write it, or by the
 * client's own method in their place. Each call signs a new assertion, because assertions serve once. Null when the plan
 * does not have the request.
 *
 * @throws OAuthError `refused_value` naming what the client lacks.
 */
export async function buildAuthenticated(setup: Setup, rendering: Rendering): Promise<TokenRequest | null> {
  const request = await authenticated(setup, rendering)
  if (request === null) return null
  const { resource = [] } = rendering
  return resource.length === 0 ? request : addParameters(request, { resource })
}

async function authenticated(setup: Setup, rendering: Rendering): Promise<TokenRequest | null> {
  const { templates, server, render } = rendering
  const { client, now } = setup
  const { client_id } = client
  const method = ownMethod(setup, server, templates)
  if (method !== null) {
    const placeholder = `replaced-${randomUUID()}`
    const stand_in = { client_id, client_secret: secret(placeholder), client_assertion: secret(placeholder) }
    const rendered = render(stand_in)
    if (rendered === null) return null
    const request = byCertificate(method) ? atCertificateEndpoint(rendered, server) : rendered
    const proof = await authenticateClient(method, client, {
      audience: audience(setup, rendering, request),
      now: now(),
    })
    return replaceClientAuthentication(request, placeholder, proof)
  }
  const client_secret = client.client_secret ?? secret('')
  if (readsSecret(templates) && client_secret.reveal() === '') throw lacking('client_secret')
  switch (templates.client_authentication) {
    case undefined:
      return render({ client_id, client_secret })
    case 'tls_client_auth': {
      const { client_certificate } = client
      if (!client_certificate) throw lacking('client_certificate')
      const request = render({ client_id, client_secret })
      return request && { ...atCertificateEndpoint(request, server), client_certificate }
    }
    default: {
      const rendered = render({ client_id, client_secret, client_assertion: secret('unsigned') })
      if (rendered === null) return null
      const claims = { iss: client_id, sub: client_id, aud: audience(setup, rendering, rendered), now: now() }
      const { signing_key } = client
      if (templates.client_authentication === 'private_key_jwt' && !signing_key) throw lacking('signing_key')
      const client_assertion =
        templates.client_authentication === 'private_key_jwt' && signing_key
          ? await signAssertion(claims, signing_key)
          : await signAssertionBySecret(claims, client_secret)
      return render({ client_id, client_secret, client_assertion })
    }
  }
}

/** `aud` of an assertion (RFC 7523 §3): the issuer where one is known, else the endpoint that is asked. */
function audience({ client }: Setup, { server, issuer }: Rendering, { url }: TokenRequest): string {
  if (client.assertion_audience) return client.assertion_audience
  const { origin, pathname } = new URL(url)
  return server?.issuer || issuer || `${origin}${pathname}`
}

function byCertificate(method: string): boolean {
  return method === 'tls_client_auth' || method === 'self_signed_tls_client_auth'
}

/** RFC 8705 §5: servers may keep endpoints of their own for clients with certificates. */
function atCertificateEndpoint(request: TokenRequest, server: AuthorizationServer | null): TokenRequest {
  const { mtls_endpoint_aliases: aliases } = server ?? {}
  for (const [name, alias] of Object.entries(aliases ?? {})) {
    if (alias && server?.[name as EndpointName] === request.url) return { ...request, url: alias }
  }
  return request
}

function lacking(field: string): OAuthError {
  return new OAuthError('refused_value', `The spec authenticates the client by ${field}. Add it to the integration.`, {
    field,
    verdict: 'integration_broken',
  })
}
