// The transactional outbox: what happened is told exactly if it was committed. The event and its deliveries are rows of
// the transaction that made it happen; who delivers them looks at the rows.
import type { JsonObject } from '@sluice/oauth'
import { type RawBuilder, sql, type Transaction } from 'kysely'
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

/**
 * The same as parts of one larger statement, called `told` and `delivered`: one event for each row of `source`, which gives
 * its `event_id` and its `data`.
 */
export function emittedWith(tenantId: string, type: EventType, source: RawBuilder<unknown>): RawBuilder<unknown> {
  // As `uuidv7` makes them.
  const deliveryId = sql`overlay(overlay(replace(gen_random_uuid()::text, '-', '')
    placing lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') from 1)
    placing '7' from 13)::uuid`
  return sql`told as (
      insert into events (id, tenant_id, type, data) select event_id, ${tenantId}, ${type}, data from ${source}
    ),
    delivered as (
      insert into webhook_deliveries (id, tenant_id, event_id, endpoint_id)
      select ${deliveryId}, ${tenantId}, event_id, webhook_endpoints.id from ${source} cross join webhook_endpoints
      where webhook_endpoints.tenant_id = ${tenantId} and enabled
        and (event_types is null or ${type} = any(event_types))
    )`
}
