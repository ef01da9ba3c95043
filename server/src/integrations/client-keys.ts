// What a client may prove itself with besides a secret: a signing key (RFC 7523) or a certificate (RFC 8705).

import { z } from '@hono/zod-openapi'
import { type ClientRegistrationData, OAuthError, secret, signAssertion } from '@sluice/oauth'
import { Problem } from '../http/problem.ts'
import { text } from '../http/text.ts'

const pem = text(1, 20_000)

export const clientKeysSchema = z.object({
  signing_key: z
    .object({
      private_key: pem.openapi({ description: 'PEM, or a private JWK as JSON text. Encrypted and never returned.' }),
      key_id: text(1, 500).optional(),
      algorithm: text(1, 20).optional(),
      certificate: pem
        .optional()
        .openapi({ description: 'Sends `x5t#S256`, where the provider knows the certificate.' }),
    })
    .strict()
    .optional()
    .openapi({ description: 'Signs client assertions: `private_key_jwt`.' }),
  client_certificate: z
    .object({ certificate: pem, private_key: pem })
    .strict()
    .optional()
    .openapi({ description: 'PEM, for mutual TLS: `tls_client_auth` or `self_signed_tls_client_auth`.' }),
})

export type ClientKeys = z.infer<typeof clientKeysSchema>

/** The keys as the engine takes them. */
export function readClientKeys({ signing_key, client_certificate }: ClientKeys): Partial<ClientRegistrationData> {
  return {
    ...(signing_key && { signing_key: { ...signing_key, private_key: secret(signing_key.private_key) } }),
    ...(client_certificate && {
      client_certificate: { ...client_certificate, private_key: secret(client_certificate.private_key) },
    }),
  }
}

/** Tries the signing key once, so that a wrong one is told to whoever brings it. @throws Problem 422 `invalid_client_key` */
export async function checkClientKeys(keys: ClientKeys, now: Date): Promise<void> {
  const { signing_key } = readClientKeys(keys)
  if (!signing_key) return
  try {
    await signAssertion({ iss: 'client', sub: 'client', aud: 'https://as.example', now }, signing_key)
  } catch (cause) {
    if (!(cause instanceof OAuthError)) throw cause
    throw new Problem(422, 'invalid_client_key', cause.message, { cause })
  }
}
