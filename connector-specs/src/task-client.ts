// The file that `oauthClient` in a flow.yaml names: a client registration, and what is known of its server.
import {
  CLIENT_AUTHENTICATION_METHODS,
  type ClientRegistrationData,
  type DpopUse,
  type Secret,
  secret,
} from '@sluice/oauth'
import { z } from 'zod'

const text = z.string().min(1)

const taskClient = z.object({
  client_id: text,
  client_secret: text.optional(),
  token_endpoint_auth_method: z.enum(CLIENT_AUTHENTICATION_METHODS).optional(),
  assertion_audience: text.optional(),
  signing_key: z
    .object({ private_key: text, key_id: text.optional(), algorithm: text.optional(), certificate: text.optional() })
    .optional(),
  client_certificate: z.object({ certificate: text, private_key: text }).optional(),
  issuer: text.optional(),
  scopes: z.array(text).optional(),
  resource: z.array(text).optional(),
  dpop: z.enum(['never', 'when_offered', 'required']).optional(),
})

export interface TaskClient {
  client_id: string
  /** Empty where the client proves itself otherwise, or not at all. */
  client_secret: Secret
  /** The whole registration, as conversations take it. */
  registration: ClientRegistrationData
  issuer: string | null
  scopes: string[] | null
  resource: string[] | null
  dpop: DpopUse | null
}

/** Null when it is no client registration: one without any proof of the client must say so by the method `none`. */
export function parseTaskClient(value: unknown): TaskClient | null {
  const parsed = taskClient.safeParse(value)
  if (!parsed.success) return null
  const { client_id, client_secret, signing_key, client_certificate, ...more } = parsed.data
  const { issuer = null, scopes = null, resource = null, dpop = null, token_endpoint_auth_method = null } = more
  const proves = client_secret !== undefined || signing_key !== undefined || client_certificate !== undefined
  if (!proves && token_endpoint_auth_method !== 'none') return null
  const registration: ClientRegistrationData = {
    client_id,
    client_secret: client_secret === undefined ? null : secret(client_secret),
    token_endpoint_auth_method,
    assertion_audience: more.assertion_audience ?? null,
    signing_key: signing_key ? { ...signing_key, private_key: secret(signing_key.private_key) } : null,
    client_certificate: client_certificate
      ? { ...client_certificate, private_key: secret(client_certificate.private_key) }
      : null,
  }
  return { client_id, client_secret: secret(client_secret ?? ''), registration, issuer, scopes, resource, dpop }
}

/** A client of which id and secret are all that is known. */
export function plainClient(client_id: string, client_secret: Secret): TaskClient {
  const registration = { client_id, client_secret }
  return { client_id, client_secret, registration, issuer: null, scopes: null, resource: null, dpop: null }
}
