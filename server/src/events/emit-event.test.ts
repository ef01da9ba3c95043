import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectDatabase } from '../database/connect.ts'
import { createTestDatabase } from '../testing/database.ts'
import { uuidv7 } from '../uuid.ts'
import { emitEvent } from './emit-event.ts'
import type { EventType } from './event-types.ts'

test('an event and its deliveries stand exactly when what it tells of was committed', async (t) => {
  const database = await createTestDatabase()
  const { db, close } = connectDatabase(database.url)
  t.after(async () => {
    await close()
    await database.drop()
  })
  const [tenant_id, other] = [uuidv7(), uuidv7()]
  await db
    .insertInto('tenants')
    .values([tenant_id, other].map((id) => ({ id, name: id })))
    .execute()
  const endpoint = (tenant: string, event_types: EventType[] | null, enabled = true) => ({
    id: uuidv7(),
    tenant_id: tenant,
    url: 'https://customer.example/hook',
    event_types,
    enabled,
    secret_sealed: Buffer.of(1),
  })
  const all = endpoint(tenant_id, null)
  const chosen = endpoint(tenant_id, ['run.failed', 'connection.broken'])
  const rows = [
    all,
    chosen,
    endpoint(tenant_id, ['run.finished']),
    endpoint(tenant_id, null, false),
    endpoint(other, null),
  ]
  await db.insertInto('webhook_endpoints').values(rows).execute()

  const event = { type: 'connection.broken', data: { connection_id: 'c1' } } as const
  const undone = db.transaction().execute(async (tx) => {
    await emitEvent(tx, tenant_id, event)
    throw new Error('undone')
  })
  await assert.rejects(undone, /undone/)
  assert.deepEqual(await db.selectFrom('events').selectAll().execute(), [])

  const id = await db.transaction().execute((tx) => emitEvent(tx, tenant_id, event))
  const deliveries = await db.selectFrom('webhook_deliveries').selectAll().execute()
  assert.deepEqual(new Set(deliveries.map(({ endpoint_id }) => endpoint_id)), new Set([all.id, chosen.id]))
  for (const delivery of deliveries) assert.deepEqual([delivery.event_id, delivery.status], [id, 'pending'])
})
