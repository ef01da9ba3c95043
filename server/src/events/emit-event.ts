// The transactional outbox: what happened is told exactly if it was committed. The event and its deliveries are rows of
// the transaction that made it happen; who delivers them looks at the rows.
import type { JsonObject } from '@sluice/oauth'
import type { Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'
import { uuidv7 } from '../uuid.ts'
import type { EventType } from './event-types.ts'

export interface NewEvent {
  type: EventType
  /** Ids and words for the tenant, never anything secret: it leaves for an address of theirs. */
  data: JsonObject
}

/** Tells the tenant's webhook endpoints of `event` once `tx` is committed. Returns the event's id. */
export async function emitEvent(
  tx: Transaction<Database>,
  tenantId: string,
  { type, data }: NewEvent,
): Promise<string> {
  const id = uuidv7()
  await tx.insertInto('events').values({ id, tenant_id: tenantId, type, data }).execute()
  const endpoints = await tx
    .selectFrom('webhook_endpoints')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('enabled', '=', true)
    .where(({ eb, or, val }) => or([eb('event_types', 'is', null), eb(val(type), '=', eb.fn.any('event_types'))]))
    .execute()
  if (endpoints.length > 0) {
    const deliveries = endpoints.map((endpoint) => ({
      id: uuidv7(),
      tenant_id: tenantId,
      event_id: id,
      endpoint_id: endpoint.id,
    }))
    await tx.insertInto('webhook_deliveries').values(deliveries).execute()
  }
  return id
}
