import { OAuthError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import { formEncode } from '../template/place-basic.ts'
import { signAssertion, signAssertionBySecret } from './assertion.ts'
import type { SigningKey } from './signing-key.ts'

/** `token_endpoint_auth_method` of the IANA registry "OAuth Token Endpoint Authentication Methods". */
export const CLIENT_AUTHENTICATION_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const

export type ClientAuthenticationMethod = (typeof CLIENT_AUTHENTICATION_METHODS)[number]

/** A certificate with its private key, both in PEM, for mutual TLS. */
export interface ClientCertificate {
  certificate: string
  private_key: Secret
}

/** A client registration: what the client is called, and what it can prove itself with. */
export interface OAuthClient {
  client_id: string
  client_secret?: Secret | null
  signing_key?: SigningKey | null
  client_certificate?: ClientCertificate | null
}

/** What a request must carry so that the client is authenticated, by one method and no other (RFC 6749 §2.3). */
export interface ClientAuthentication {
  /** Lower-case names. */
  headers: Record<string, string>
  /** For the request's body, whatever its encoding. */
  parameters: Record<string, string>
  /** For the TLS connection (RFC 8705 §2). */
  client_certificate: ClientCertificate | null
}

export interface ClientAuthenticationContext {
  /** `aud` of assertions: the issuer identifier, or the token endpoint where the provider asks for that. */
  audience: string
  /** The current time unless given. */
  now?: Date
}

/**
 * Authenticates a client to an endpoint of the authorization server: Basic header (RFC 6749 §2.3.1), id and secret in the
 * body, assertion (RFC 7523 §2.2), mutual TLS (RFC 8705 §2), or its id alone. Each call signs a new assertion, because
 * assertions serve once.
 *
 * @throws OAuthError `refused_value`, naming what the client lacks for the method.
 */
export async function authenticateClient(
  method: ClientAuthenticationMethod,
  client: OAuthClient,
  { audience, now = new Date() }: ClientAuthenticationContext,
): Promise<ClientAuthentication> {
  const { client_id } = client
  const claims = { iss: client_id, sub: client_id, aud: audience, now }
  switch (method) {
    case 'client_secret_basic': {
      const client_secret = need(client.client_secret, 'client_secret', method).reveal()
      const credentials = Buffer.from(`${formEncode(client_id)}:${formEncode(client_secret)}`).toString('base64')
      return proof({ headers: { authorization: `Basic ${credentials}` } })
    }
    case 'client_secret_post': {
      const client_secret = need(client.client_secret, 'client_secret', method).reveal()
      return proof({ parameters: { client_id, client_secret } })
    }
    case 'client_secret_jwt': {
      const assertion = await signAssertionBySecret(claims, need(client.client_secret, 'client_secret', method))
      return proof({ parameters: assertionParameters(client_id, assertion) })
    }
    case 'private_key_jwt': {
      const assertion = await signAssertion(claims, need(client.signing_key, 'signing_key', method))
      return proof({ parameters: assertionParameters(client_id, assertion) })
    }
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth': {
      const client_certificate = need(client.client_certificate, 'client_certificate', method)
      return proof({ parameters: { client_id }, client_certificate })
    }
    case 'none':
      return proof({ parameters: { client_id } })
  }
}

/** RFC 7521 §4.2: `client_id` is optional there; servers that need it to find the key get it. */
function assertionParameters(client_id: string, assertion: Secret): Record<string, string> {
  return {
    client_id,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion.reveal(),
  }
}

function proof(parts: Partial<ClientAuthentication>): ClientAuthentication {
  return { headers: {}, parameters: {}, client_certificate: null, ...parts }
}

function need<T>(value: T | null | undefined, field: string, method: ClientAuthenticationMethod): T {
  if (value !== null && value !== undefined) return value
  throw new OAuthError('refused_value', `The method ${method} needs ${field}. Add it to the integration.`, {
    field,
    verdict: 'integration_broken',
  })
}
