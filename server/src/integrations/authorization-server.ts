// What an operator says of a client registration beyond id and secret: how it proves itself, and at which server.

import { z } from '@hono/zod-openapi'
import { CLIENT_AUTHENTICATION_METHODS, type ClientAuthenticationMethod, type Secret } from '@sluice/oauth'
import { Problem } from '../http/problem.ts'
import { text } from '../http/text.ts'
import type { ClientKeys } from './client-keys.ts'

const address = text(1, 2000).pipe(z.url({ protocol: /^https?$/ }))

export const authorizationServerFields = {
  token_endpoint_auth_method: z.enum(CLIENT_AUTHENTICATION_METHODS).optional().openapi({
    description: 'How the client proves itself, in place of what the connector’s spec writes.',
  }),
  assertion_audience: text(1, 2000).optional().openapi({
    description: '`aud` of client assertions where the provider takes neither its issuer nor its token endpoint.',
  }),
  issuer: address.optional().openapi({
    description:
      'Issuer identifier, exactly as the provider writes it. Its metadata is discovered, and what it offers is used: `iss`, pushed authorization requests, PKCE, ID token, revocation, introspection.',
  }),
  scopes: z.array(text(1, 500)).max(200).optional().openapi({ description: 'Asked for in place of the spec’s.' }),
  resource: z.array(address).max(20).optional().openapi({ description: 'Resource indicators (RFC 8707).' }),
  dpop: z.enum(['never', 'when_offered', 'required']).optional().openapi({
    description:
      'Whether tokens are bound to a key (RFC 9449), which the connector gets as `dpop_private_key`. Left out: `when_offered` if its credentials have that field, else `never`.',
  }),
}

export type AuthorizationServerFields = z.infer<z.ZodObject<typeof authorizationServerFields>>

type Proofs = ClientKeys & AuthorizationServerFields & { client_secret: Secret | null }

/** @throws Problem 422 `client_proof_missing` when the client lacks what its method needs */
export function requireProof({ token_endpoint_auth_method: method, ...proofs }: Proofs): void {
  const field = method === undefined ? null : NEEDED[method]
  if (field === null || proofs[field]) return
  throw new Problem(422, 'client_proof_missing', `The method ${method} needs ${field}. Add it.`)
}

const NEEDED: Record<ClientAuthenticationMethod, 'client_secret' | 'signing_key' | 'client_certificate' | null> = {
  client_secret_basic: 'client_secret',
  client_secret_post: 'client_secret',
  client_secret_jwt: 'client_secret',
  private_key_jwt: 'signing_key',
  tls_client_auth: 'client_certificate',
  self_signed_tls_client_auth: 'client_certificate',
  none: null,
}
