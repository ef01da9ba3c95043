import { z } from '@hono/zod-openapi'
import type { Selectable } from 'kysely'
import type { IntegrationTable } from '../database/schema.ts'

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
    return_urls: z.array(z.string()),
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
  'created_at',
] as const

export type IntegrationRow = Pick<Selectable<IntegrationTable>, (typeof integrationColumns)[number]>

/** Each integration has a redirect URI of its own, so that one provider's code cannot be sent to another's callback. */
export function redirectUri(baseUrl: string, integrationId: string): string {
  return new URL(`/oauth/callback/${integrationId}`, baseUrl).href
}

export function presentIntegration(row: IntegrationRow, baseUrl: string): z.infer<typeof integrationSchema> {
  return {
    id: row.id,
    connector_id: row.connector_id,
    name: row.name,
    client_id: row.client_id,
    redirect_uri: redirectUri(baseUrl, row.id),
    token_endpoint_auth_method: row.token_endpoint_auth_method,
    issuer: row.issuer,
    scopes: row.scopes,
    resource: row.resource,
    dpop: row.dpop,
    return_urls: row.return_urls,
    created_at: row.created_at.toISOString(),
  }
}
