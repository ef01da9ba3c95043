import { z } from '@hono/zod-openapi'
import { maskConfig } from '@sluice/connector-specs'
import { endUserSchema } from '../connect-sessions/connect-session-record.ts'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { findConnector } from '../connectors/find-connector.ts'
import { grantedScopes, missingScopes } from '../grants/scopes.ts'
import type { Services } from '../services.ts'
import { type ConnectionRow, openConfig } from './connection.ts'
import { connectionProblemSchema, connectionProblems } from './connection-problems.ts'

export const connectionStatuses = ['healthy', 'needs_reauthorization', 'failing', 'disabled'] as const

const scopeList = z.array(z.string())
const instant = z.iso.datetime().nullable()

export const connectionSchema = z
  .object({
    id: z.uuid().openapi({ description: 'Stable: it survives a repair.' }),
    version: z.int().openapi({ description: 'Changes with every change by a caller; also the `ETag`.' }),
    connector_id: z.string(),
    integration_id: z
      .uuid()
      .nullable()
      .openapi({ description: 'Null where the credentials are not OAuth: they stand in the config, masked.' }),
    end_user: endUserSchema.nullable(),
    status: z.enum(connectionStatuses),
    status_reason: z.string().nullable(),
    problems: z
      .array(connectionProblemSchema)
      .openapi({ description: 'What keeps it from serving, or will, and who can do what about it.' }),
    config: jsonObjectSchema.openapi({ description: 'The endpoint config with its secrets masked.' }),
    account: z
      .object({ id: z.string(), source: z.enum(['id_token', 'declared']) })
      .nullable()
      .openapi({ description: 'Whose account it opens, as the provider says it; null where it does not.' }),
    scopes: scopeList.openapi({
      description: 'What the person granted; what was asked for where nothing else is said.',
    }),
    requested_scopes: scopeList.nullable().openapi({ description: 'What was asked for; null where nobody knows.' }),
    required_scopes: scopeList,
    optional_scopes: scopeList,
    missing_scopes: scopeList.openapi({ description: 'Required and not granted.' }),
    granted_at: instant.openapi({ description: 'When the person consented last.' }),
    access_token_expires_at: instant,
    refresh_token_expires_at: instant.openapi({ description: 'As the provider stated it last.' }),
    refresh_idle_until: instant.openapi({
      description: 'When the refresh token dies if it is not used before; using it moves this date.',
    }),
    act_by: instant.openapi({
      description: 'When the grant ends unless the person authorizes again. Null: nothing known ends it.',
    }),
    exported_at: instant.openapi({ description: 'When its grant was handed over by an export.' }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .openapi('Connection')

const grantColumns = [
  'grants.scope',
  'grants.requested_scopes',
  'grants.account',
  'grants.granted_at',
  'grants.access_token_expires_at',
  'grants.refresh_token_expires_at',
  'grants.idle_lifetime_seconds',
  'grants.act_by',
  'grants.updated_at as refreshed_at',
] as const

/** The connections of a tenant with what their grants tell without being opened. */
export function selectConnections({ db }: Pick<Services, 'db'>, tenantId: string) {
  return db
    .selectFrom('connections')
    .leftJoin('grants', (join) =>
      join.onRef('grants.connection_id', '=', 'connections.id').on('grants.tenant_id', '=', tenantId),
    )
    .selectAll('connections')
    .select([...grantColumns])
    .where('connections.tenant_id', '=', tenantId)
}

export type ConnectionWithGrant = NonNullable<
  Awaited<ReturnType<ReturnType<typeof selectConnections>['executeTakeFirst']>>
>

export async function presentConnection(
  services: Services,
  row: ConnectionWithGrant,
): Promise<z.infer<typeof connectionSchema>> {
  const granted = grantedScopes(row)
  const missing = missingScopes({ required: row.required_scopes, granted })
  return {
    id: row.id,
    version: row.version,
    connector_id: row.connector_id,
    integration_id: row.integration_id,
    end_user: row.end_user,
    status: row.disabled_at === null ? row.status : 'disabled',
    status_reason: row.status_reason,
    problems: connectionProblems(row, missing, services.now()),
    config: await maskedConfig(services, row),
    account: row.account && { id: row.account.id, source: row.account.source },
    scopes: granted,
    requested_scopes: row.requested_scopes,
    required_scopes: row.required_scopes,
    optional_scopes: row.optional_scopes,
    missing_scopes: row.integration_id === null ? [] : missing,
    granted_at: iso(row.granted_at),
    access_token_expires_at: iso(row.access_token_expires_at),
    refresh_token_expires_at: iso(row.refresh_token_expires_at),
    refresh_idle_until: iso(idleUntil(row)),
    act_by: iso(row.act_by),
    exported_at: iso(row.exported_at),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

/** RFC 9110 §8.8.3. */
export const etagOf = ({ version }: { version: number }) => `"${version}"`

const iso = (date: Date | null) => date?.toISOString() ?? null

function idleUntil({ refreshed_at, idle_lifetime_seconds }: ConnectionWithGrant): Date | null {
  if (refreshed_at === null || idle_lifetime_seconds === null) return null
  return new Date(refreshed_at.getTime() + idle_lifetime_seconds * 1000)
}

/** Without the connector's schema nobody can say which values are secret, so none is shown. */
async function maskedConfig(services: Services, row: ConnectionRow) {
  const connector = await findConnector(services.connectors, row.connector_id).catch(() => null)
  if (connector === null) return {}
  return maskConfig(connector.spec.config_schema, await openConfig(services, row))
}
