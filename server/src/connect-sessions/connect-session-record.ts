import { z } from '@hono/zod-openapi'
import type { Selectable } from 'kysely'
import type { ConnectSessionTable } from '../database/schema.ts'
import { text } from '../http/text.ts'

export const endUserSchema = z
  .object({
    id: text(1, 500).openapi({ description: 'Your own id of the person or account.' }),
    email: z.email().optional(),
  })
  .strict()

export const connectSessionStatuses = ['open', 'completed', 'expired'] as const

export const connectSessionSchema = z
  .object({
    id: z.uuid(),
    url: z.url().optional().openapi({ description: 'The connect link. Given once, when the session is created.' }),
    status: z.enum(connectSessionStatuses),
    connector_id: z.string(),
    integration_id: z.uuid(),
    end_user: endUserSchema.nullable(),
    connection_id: z.uuid().nullable(),
    error: z
      .object({ code: z.string(), message: z.string() })
      .nullable()
      .openapi({ description: 'Why the last attempt did not end in a connection; the person may try again.' }),
    expires_at: z.iso.datetime(),
    created_at: z.iso.datetime(),
  })
  .openapi('ConnectSession')

export const connectSessionColumns = [
  'id',
  'connector_id',
  'integration_id',
  'end_user',
  'connection_id',
  'error',
  'completed_at',
  'expires_at',
  'created_at',
] as const

export type ConnectSessionRow = Pick<Selectable<ConnectSessionTable>, (typeof connectSessionColumns)[number]>

export function connectSessionStatus(
  row: Pick<ConnectSessionRow, 'completed_at' | 'expires_at'>,
  now: Date,
): (typeof connectSessionStatuses)[number] {
  if (row.completed_at !== null) return 'completed'
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
    error: row.error,
    expires_at: row.expires_at.toISOString(),
    created_at: row.created_at.toISOString(),
  }
}
