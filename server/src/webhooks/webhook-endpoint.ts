import { z } from '@hono/zod-openapi'
import { checkOutboundUrl, OAuthError } from '@sluice/oauth'
import type { Selectable } from 'kysely'
import type { WebhookEndpointTable } from '../database/schema.ts'
import { type EventType, eventTypes } from '../events/event-types.ts'
import { notFound, Problem } from '../http/problem.ts'
import { text } from '../http/text.ts'
import type { Services } from '../services.ts'

const url = text(1, 2000).openapi({
  description: 'https; in development also http on loopback. No redirect is followed, and no private address reached.',
  example: 'https://customer.example/webhooks/sluice',
})
const types = z
  .array(z.enum(eventTypes))
  .min(1)
  .nullable()
  .openapi({ description: 'Which events are sent; null for all.' })
const description = text(0, 500).nullable()

export const newEndpointSchema = z
  .object({ url, description: description.default(null), event_types: types.default(null) })
  .strict()

export const endpointChangeSchema = z
  .object({
    url: url.optional(),
    description: description.optional(),
    event_types: types.optional(),
    enabled: z.boolean().optional().openapi({ description: 'Disabling cancels the deliveries that wait.' }),
  })
  .strict()

export const endpointSchema = z
  .object({
    id: z.uuid(),
    url: z.string(),
    description: z.string().nullable(),
    event_types: z.array(z.string()).nullable(),
    enabled: z.boolean(),
    disabled_reason: z.string().nullable().openapi({ description: 'Why it was disabled when nobody asked for it.' }),
    failing_since: z.iso.datetime().nullable().openapi({ description: 'Since when nothing arrived.' }),
    earlier_secret_until: z.iso.datetime().nullable().openapi({ description: 'Until then two secrets sign.' }),
    created_at: z.iso.datetime(),
  })
  .openapi('WebhookEndpoint')

export const endpointWithSecretSchema = endpointSchema
  .extend({ secret: z.string().openapi({ description: 'What signatures are made with. Shown this once.' }) })
  .openapi('WebhookEndpointWithSecret')

export const endpointColumns = [
  'id',
  'url',
  'description',
  'event_types',
  'enabled',
  'disabled_reason',
  'failing_since',
  'earlier_secret_until',
  'created_at',
] as const

export type EndpointRow = Pick<Selectable<WebhookEndpointTable>, (typeof endpointColumns)[number]>

export function presentEndpoint(row: EndpointRow): z.infer<typeof endpointSchema> {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    event_types: row.event_types,
    enabled: row.enabled,
    disabled_reason: row.disabled_reason,
    failing_since: row.failing_since?.toISOString() ?? null,
    earlier_secret_until: row.earlier_secret_until?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  }
}

/** @throws Problem 404, the same whether it is missing or another tenant's */
export async function findEndpoint({ db }: Pick<Services, 'db'>, tenantId: string, id: string): Promise<EndpointRow> {
  const row = await db
    .selectFrom('webhook_endpoints')
    .select([...endpointColumns])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw notFound('webhook_endpoint', id)
  return row
}

/** @throws Problem 422 `refused_url`: an address that would be refused at every delivery */
export function requireReachable({ allow_loopback }: Services, address: string): void {
  try {
    checkOutboundUrl(address, { allow_loopback, allowed_ports: [] })
  } catch (cause) {
    if (!(cause instanceof OAuthError)) throw cause
    throw new Problem(422, 'refused_url', cause.message, {
      errors: [{ pointer: '/url', rule: 'reachable', message: cause.message }],
    })
  }
}

/** For auditing: what of an endpoint is said. */
export function endpointDetail(row: { url: string; event_types: EventType[] | null }) {
  return { host: URL.parse(row.url)?.host ?? '', event_types: row.event_types }
}
