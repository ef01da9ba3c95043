// Delivers what the outbox holds. Each process claims deliveries that are due, a few for each endpoint so that a slow
// one holds up no other, and no delivery is in two processes' hands while the claim lasts.
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import type { EventType } from '../events/event-types.ts'
import type { Services } from '../services.ts'
import { uuidv7 } from '../uuid.ts'
import { attemptDelivery, type ClaimedDelivery } from './attempt-delivery.ts'
import { recordOutcome } from './record-outcome.ts'

const AT_ONCE = 32
const AT_ONCE_EACH = 4
const LOOK_MS = 500
/** Longer than the guarded fetch waits: after it, the process that claimed a delivery is dead. */
const CLAIM_SECONDS = 60

export interface DeliveryWorker {
  /** Ends the attempts that are under way; another process, or the next start, takes them up. */
  stop(): Promise<void>
}

export function startDeliveryWorker(services: Services): DeliveryWorker {
  const stopping = new AbortController()
  const { signal } = stopping
  const worker = uuidv7()
  /** How many attempts are under way for each endpoint. */
  const busy = new Map<string, number>()
  const active = new Set<Promise<void>>()

  async function attempt(delivery: ClaimedDelivery): Promise<void> {
    const { id } = delivery.endpoint
    busy.set(id, (busy.get(id) ?? 0) + 1)
    try {
      await recordOutcome(services, worker, delivery, await attemptDelivery(services, delivery, signal))
    } catch (error) {
      if (!signal.aborted)
        services.log.error({ delivery_id: delivery.id, error_name: nameOf(error) }, 'a delivery stopped short')
    } finally {
      const left = (busy.get(id) ?? 1) - 1
      if (left === 0) busy.delete(id)
      else busy.set(id, left)
    }
  }

  async function work(): Promise<void> {
    while (!signal.aborted) {
      const full = [...busy].filter(([, count]) => count >= AT_ONCE_EACH).map(([id]) => id)
      const room = AT_ONCE - active.size
      const claimed = room > 0 ? await claim(services, worker, room, full) : []
      for (const delivery of claimed) {
        const attempting = attempt(delivery).finally(() => active.delete(attempting))
        active.add(attempting)
      }
      // With nothing that may be claimed, it looks again in a while, or as soon as an attempt makes room.
      if (claimed.length === 0) await Promise.race([pause(signal), ...active])
    }
    await Promise.all(active)
  }

  const working = (async () => {
    while (!signal.aborted) {
      await work().catch(async (error) => {
        services.log.warn({ error_name: nameOf(error) }, 'webhooks cannot be delivered now; it goes on trying')
        await pause(signal)
      })
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await working
    },
  }
}

/** Of all tenants. */
export async function countWaiting({ db }: Pick<Services, 'db'>): Promise<number> {
  const { count } = await db
    .selectFrom('webhook_deliveries')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('status', '=', 'pending')
    .executeTakeFirstOrThrow()
  return Number(count)
}

function pause(signal: AbortSignal): Promise<void> {
  return delay(LOOK_MS, undefined, { signal }).catch(() => {})
}

interface ClaimedRow {
  id: string
  tenant_id: string
  attempts: number
  endpoint_id: string
  url: string
  secret_sealed: Buffer
  earlier_secret_sealed: Buffer | null
  earlier_secret_until: Date | null
  event_id: string
  type: EventType
  data: ClaimedDelivery['event']['data']
  event_created_at: Date
}

async function claim({ db }: Services, worker: string, room: number, full: string[]): Promise<ClaimedDelivery[]> {
  const { rows } = await sql<ClaimedRow>`
    with due as materialized (
      select due.id
      from webhook_endpoints as endpoint
      cross join lateral (
        select id, next_attempt_at from webhook_deliveries
        where endpoint_id = endpoint.id and tenant_id = endpoint.tenant_id
          and status = 'pending' and next_attempt_at <= now()
        order by next_attempt_at limit ${AT_ONCE_EACH}
        for update skip locked
      ) as due
      where endpoint.enabled and endpoint.id != all (${full}::uuid[])
        and exists (select from webhook_deliveries where status = 'pending' and next_attempt_at <= now())
      order by due.next_attempt_at limit ${room}
    )
    update webhook_deliveries as delivery
    set attempts = attempts + 1, claimed_by = ${worker},
      next_attempt_at = now() + make_interval(secs => ${CLAIM_SECONDS})
    from due, webhook_endpoints as endpoint, events as event
    where delivery.id = due.id
      and endpoint.tenant_id = delivery.tenant_id and endpoint.id = delivery.endpoint_id
      and event.tenant_id = delivery.tenant_id and event.id = delivery.event_id
    returning delivery.id, delivery.tenant_id, delivery.attempts, endpoint.id as endpoint_id, endpoint.url,
      endpoint.secret_sealed, endpoint.earlier_secret_sealed, endpoint.earlier_secret_until,
      event.id as event_id, event.type, event.data, event.created_at as event_created_at`.execute(db)
  return rows.map((row) => ({
    id: row.id,
    tenant_id: row.tenant_id,
    attempts: row.attempts,
    endpoint: {
      id: row.endpoint_id,
      tenant_id: row.tenant_id,
      url: row.url,
      secret_sealed: row.secret_sealed,
      earlier_secret_sealed: row.earlier_secret_sealed,
      earlier_secret_until: row.earlier_secret_until,
    },
    event: { id: row.event_id, type: row.type, data: row.data, created_at: row.event_created_at },
  }))
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
