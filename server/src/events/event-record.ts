import { z } from '@hono/zod-openapi'
import type { JsonObject } from '@sluice/oauth'
import { jsonObjectSchema } from '../connectors/connector-record.ts'
import { EVENT_TYPES, type EventType, eventTypes } from './event-types.ts'

export const eventSchema = z
  .object({
    id: z.uuid(),
    type: z.enum(eventTypes).openapi({
      description: Object.entries(EVENT_TYPES)
        .map(([type, meaning]) => `\`${type}\`: ${meaning}`)
        .join(' '),
    }),
    timestamp: z.iso.datetime(),
    data: jsonObjectSchema,
  })
  .openapi('Event')

interface EventRow {
  id: string
  type: EventType
  data: JsonObject
  created_at: Date
}

export function presentEvent({ id, type, data, created_at }: EventRow): z.infer<typeof eventSchema> {
  return { id, type, timestamp: created_at.toISOString(), data }
}

/** What is posted to a webhook endpoint: the event without its id, which is in the header. */
export function webhookBody(row: EventRow): string {
  const { type, timestamp, data } = presentEvent(row)
  return JSON.stringify({ type, timestamp, data })
}
