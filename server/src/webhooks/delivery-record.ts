import { z } from '@hono/zod-openapi'
import type { Selectable } from 'kysely'
import type { WebhookDeliveryTable } from '../database/schema.ts'

export const deliverySchema = z
  .object({
    id: z.uuid(),
    event_id: z.uuid().openapi({ description: '`webhook-id` of every attempt.' }),
    endpoint_id: z.uuid(),
    status: z.enum(['pending', 'delivered', 'failed', 'cancelled']),
    attempts: z.number().int(),
    next_attempt_at: z.iso.datetime().nullable(),
    response_status: z.number().int().nullable().openapi({ description: 'Of the last attempt that got an answer.' }),
    error_code: z.string().nullable().openapi({ description: 'Why the last attempt failed.', example: 'timeout' }),
    created_at: z.iso.datetime(),
    delivered_at: z.iso.datetime().nullable(),
  })
  .openapi('WebhookDelivery')

export const deliveryColumns = [
  'id',
  'event_id',
  'endpoint_id',
  'status',
  'attempts',
  'next_attempt_at',
  'response_status',
  'error_code',
  'created_at',
  'delivered_at',
] as const

export type DeliveryRow = Pick<Selectable<WebhookDeliveryTable>, (typeof deliveryColumns)[number]>

export function presentDelivery(row: DeliveryRow): z.infer<typeof deliverySchema> {
  return {
    id: row.id,
    event_id: row.event_id,
    endpoint_id: row.endpoint_id,
    status: row.status,
    attempts: row.attempts,
    next_attempt_at: row.status === 'pending' ? (row.next_attempt_at?.toISOString() ?? null) : null,
    response_status: row.response_status,
    error_code: row.error_code,
    created_at: row.created_at.toISOString(),
    delivered_at: row.delivered_at?.toISOString() ?? null,
  }
}
