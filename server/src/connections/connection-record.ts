import { z } from '@hono/zod-openapi'
import { maskConfig } from '@sluice/connector-specs'
import { endUserSchema } from '../connect-sessions/connect-session-record.ts'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { findConnector } from '../connectors/find-connector.ts'
import type { Services } from '../services.ts'
import { type ConnectionRow, openConfig } from './connection.ts'

export const connectionSchema = z
  .object({
    id: z.uuid().openapi({ description: 'Stable: it survives a repair.' }),
    connector_id: z.string(),
    integration_id: z.uuid(),
    end_user: endUserSchema.nullable(),
    status: z.enum(['healthy', 'needs_reauthorization', 'failing']),
    status_reason: z.string().nullable(),
    config: jsonObjectSchema.openapi({ description: 'The endpoint config with its secrets masked.' }),
    access_token_expires_at: z.iso.datetime().nullable(),
    scopes: z.array(z.string()).openapi({ description: 'What the person granted, where the provider says so.' }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi('Connection')

export type ConnectionWithGrant = ConnectionRow & { scope: string | null; access_token_expires_at: Date | null }

/** The connections of a tenant with what their grants tell without being opened. */
export function selectConnections({ db }: Services, tenantId: string) {
  return db
    .selectFrom('connections')
    .innerJoin('grants', 'grants.connection_id', 'connections.id')
    .selectAll('connections')
    .select(['grants.scope', 'grants.access_token_expires_at'])
    .where('connections.tenant_id', '=', tenantId)
    .where('grants.tenant_id', '=', tenantId)
}

export async function presentConnection(
  services: Services,
  row: ConnectionWithGrant,
): Promise<z.infer<typeof connectionSchema>> {
  return {
    id: row.id,
    connector_id: row.connector_id,
    integration_id: row.integration_id,
    end_user: row.end_user,
    status: row.status,
    status_reason: row.status_reason,
    config: await maskedConfig(services, row),
    access_token_expires_at: row.access_token_expires_at?.toISOString() ?? null,
    scopes: row.scope?.split(/[\s,]+/).filter((scope) => scope !== '') ?? [],
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

/** Without the connector's schema nobody can say which values are secret, so none is shown. */
async function maskedConfig(services: Services, row: ConnectionRow) {
  const connector = await findConnector(services.connectors, row.connector_id).catch(() => null)
  if (connector === null) return {}
  return maskConfig(connector.spec.config_schema, await openConfig(services, row))
}
