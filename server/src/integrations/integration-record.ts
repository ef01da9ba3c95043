import { z } from '@hono/zod-openapi'
import type { Selectable } from 'kysely'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import type { IntegrationTable } from '../database/schema.ts'
import { text } from '../http/text.ts'

export const brandSchema = z
  .object({
    name: text(1, 100).openapi({ description: 'Who asks the person to connect: your product.' }),
    logo_url: z
      .url({ protocol: /^https$/ })
      .max(2000)
      .optional()
      .openapi({
        description: 'Shown on the connect page; fetched by the person’s browser, without a referrer.',
      }),
    accent_color: z
      .string()
      .regex(/^#[0-9a-f]{6}$/i, { message: 'must look like #0d5c63' })
      .optional(),
  })
  .strict()

export const relaySchema = z
  .object({
    redirect_uri: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .openapi({
        description: 'Your own redirect URI, to register at the provider in place of ours.',
      }),
    public_key: jsonObjectSchema.openapi({
      description: 'The public key (JWK: Ed25519, P-256 or RSA) that verifies what you relay from there.',
    }),
  })
  .strict()

export const integrationSchema = z
  .object({
    id: z.uuid(),
    connector_id: z.string().openapi({ example: 'source-lab' }),
    name: z.string(),
    client_id: z.string(),
    redirect_uri: z.url().openapi({ description: 'Register exactly this at the provider.' }),
    token_endpoint_auth_method: z.string().nullable().openapi({
      description: 'Null: as the connector’s spec says, or as the integration’s keys imply.',
    }),
    issuer: z.string().nullable(),
    scopes: z.array(z.string()).nullable(),
    resource: z.array(z.string()).nullable(),
    dpop: z.string().nullable(),
    required_scopes: z.array(z.string()),
    optional_scopes: z.array(z.string()),
    return_urls: z.array(z.string()),
    relay: relaySchema.nullable(),
    relay_url: z.url().nullable().openapi({ description: 'Where to relay authorization responses to.' }),
    brand: brandSchema.nullable(),
    client_secret_changed_at: z.iso.datetime().nullable().openapi({
      description: 'When the client secret was last set; null without one.',
    }),
    created_at: z.iso.datetime(),
  })
  .openapi('Integration')

export const integrationColumns = [
  'id',
  'connector_id',
  'name',
  'client_id',
  'token_endpoint_auth_method',
  'issuer',
  'scopes',
  'resource',
  'dpop',
  'return_urls',
  'required_scopes',
  'optional_scopes',
  'relay',
  'brand',
  'client_secret_changed_at',
  'created_at',
] as const

export type IntegrationRow = Pick<Selectable<IntegrationTable>, (typeof integrationColumns)[number]>

/** Each integration has a redirect URI of its own, so that one provider's code cannot be sent to another's callback. */
export function redirectUri(baseUrl: string, integrationId: string): string {
  return new URL(`/oauth/callback/${integrationId}`, baseUrl).href
}

/** The redirect URI that authorization requests carry: the customer's own one where a relay is set up. */
export function redirectUriOf(baseUrl: string, integration: Pick<IntegrationRow, 'id' | 'relay'>): string {
  return integration.relay?.redirect_uri ?? redirectUri(baseUrl, integration.id)
}

/** Where the customer's server relays authorization responses to; also the audience of what it signs. */
export function relayUrl(baseUrl: string, integrationId: string): string {
  return new URL(`/oauth/relay/${integrationId}`, baseUrl).href
}

export function presentIntegration(row: IntegrationRow, baseUrl: string): z.infer<typeof integrationSchema> {
  return {
    id: row.id,
    connector_id: row.connector_id,
    name: row.name,
    client_id: row.client_id,
    token_endpoint_auth_method: row.token_endpoint_auth_method,
    issuer: row.issuer,
    scopes: row.scopes,
    resource: row.resource,
    dpop: row.dpop,
    redirect_uri: redirectUriOf(baseUrl, row),
    required_scopes: row.required_scopes,
    optional_scopes: row.optional_scopes,
    return_urls: row.return_urls,
    relay: row.relay,
    relay_url: row.relay === null ? null : relayUrl(baseUrl, row.id),
    brand: row.brand,
    client_secret_changed_at: row.client_secret_changed_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  }
}
