import { z } from '@hono/zod-openapi'
import type { Selectable } from 'kysely'
import type { ConnectSessionTable } from '../database/schema.ts'
import { text } from '../http/text.ts'

export const endUserSchema = z
  .object({
    id: text(1, 500).openapi({ description: 'Your own id of the person or account.' }),
    name: text(1, 200).optional().openapi({ description: 'Of the person or company, for the connect page.' }),
    email: z.email().optional(),
  })
  .strict()
  .openapi({
    description:
      'For whom the connection is made. The connect page says so (“Connecting for Acme (ada@example.com)”), so that whoever ' +
      'is sent a link that is not theirs sees it. With the integration’s `relay` nobody but this person can finish.',
  })

export const connectSessionStatuses = ['open', 'completed', 'cancelled', 'expired'] as const
export type ConnectSessionStatus = (typeof connectSessionStatuses)[number]

export const connectSessionSchema = z
  .object({
    id: z.uuid(),
    status: z.enum(connectSessionStatuses),
    connector_id: z.string(),
    integration_id: z.uuid(),
    end_user: endUserSchema.nullable(),
    connection_id: z
      .uuid()
      .nullable()
      .openapi({ description: 'The connection that was made, or the one that the session is there to repair.' }),
    repair: z.boolean().openapi({ description: 'The session repairs a connection in place; its id stays.' }),
    required_scopes: z.array(z.string()).nullable(),
    optional_scopes: z.array(z.string()).nullable(),
    allowed_origins: z.array(z.string()),
    return_to: z.string().nullable(),
    preview: z.boolean(),
    error: z
      .object({ code: z.string(), message: z.string() })
      .nullable()
      .openapi({ description: 'Why the last attempt did not end in a connection; the person may try again.' }),
    version: z
      .int()
      .openapi({ description: 'Grows with each change; wait for the next one with `version` and `wait`.' }),
    expires_at: z.iso.datetime(),
    completed_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
  })
  .openapi('ConnectSession')

export const connectSessionColumns = [
  'id',
  'tenant_id',
  'connector_id',
  'integration_id',
  'end_user',
  'connection_id',
  'repair',
  'required_scopes',
  'optional_scopes',
  'allowed_origins',
  'return_to',
  'preview',
  'error',
  'version',
  'completed_at',
  'cancelled_at',
  'expires_at',
  'created_at',
] as const

export type ConnectSessionRow = Pick<Selectable<ConnectSessionTable>, (typeof connectSessionColumns)[number]>

export function connectSessionStatus(
  row: Pick<ConnectSessionRow, 'completed_at' | 'cancelled_at' | 'expires_at'>,
  now: Date,
): ConnectSessionStatus {
  if (row.completed_at !== null) return 'completed'
  if (row.cancelled_at !== null) return 'cancelled'
  return row.expires_at <= now ? 'expired' : 'open'
}

export function presentConnectSession(row: ConnectSessionRow, now: Date): z.infer<typeof connectSessionSchema> {
  return {
    id: row.id,
    status: connectSessionStatus(row, now),
    connector_id: row.connector_id,
    integration_id: row.integration_id,
    end_user: row.end_user,
    connection_id: row.connection_id,
    repair: row.repair,
    required_scopes: row.required_scopes,
    optional_scopes: row.optional_scopes,
    allowed_origins: row.allowed_origins,
    return_to: row.return_to,
    preview: row.preview,
    error: row.error,
    version: row.version,
    expires_at: row.expires_at.toISOString(),
    completed_at: row.completed_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  }
}
