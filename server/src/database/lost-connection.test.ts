import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { createTestDatabase } from '../testing/database.ts'
import { uuidv7 } from '../uuid.ts'
import { connectDatabase } from './connect.ts'
import { inTenant } from './in-tenant.ts'
import type { Database } from './schema.ts'

async function pidOf(tx: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
  return rows[0]?.pid ?? 0
}

test('a transaction whose connection goes between two statements fails, and the pool goes on whole', async (t) => {
  const database = await createTestDatabase()
  t.after(() => database.drop())
  const connections = 2
  const { db, close } = connectDatabase(database.url, { connections })
  t.after(close)
  const other = connectDatabase(database.url, { connections: 1 })
  t.after(other.close)
  const end = async (pid: number) => {
    await sql`select pg_terminate_backend(${pid}, 5000)`.execute(other.db)
    // By then the end of the connection has come, too.
    await sql`select 1`.execute(other.db)
  }
  const tenantId = uuidv7()
  await db.insertInto('tenants').values({ id: tenantId, name: 'one' }).execute()

  for (const handle of [db, inTenant(db, tenantId)]) {
    // More often than the pool has connections: none may be lost with its transaction.
    for (let round = 0; round <= connections; round += 1) {
      const transaction = handle.transaction().execute(async (tx) => {
        await end(await pidOf(tx))
        await sql`select 2`.execute(tx)
      })
      await assert.rejects(transaction, { name: 'DatabaseAwayError' })
    }
    const all = Array.from({ length: 8 }, () =>
      handle.transaction().execute((tx) => tx.selectFrom('tenants').select('id').execute()),
    )
    assert.deepEqual(new Set((await Promise.all(all)).map(([row]) => row?.id)), new Set([tenantId]))
  }
})

test('who lost a connection and lets go of it late takes nothing from who has it now', async (t) => {
  const database = await createTestDatabase()
  t.after(() => database.drop())
  const { db, close } = connectDatabase(database.url, { connections: 1 })
  t.after(close)
  const other = connectDatabase(database.url, { connections: 1 })
  t.after(other.close)
  const end = (pid: number) => sql`select pg_terminate_backend(${pid}, 5000)`.execute(other.db)
  const later = Promise.withResolvers<number>()
  const goOn = Promise.withResolvers<void>()
  let second: Promise<void> | undefined

  const first = db.transaction().execute(async (tx) => {
    await end(await pidOf(tx))
    await assert.rejects(sql`select 1`.execute(tx), { name: 'DatabaseAwayError' })
    second = db.transaction().execute(async (next) => {
      later.resolve(await pidOf(next))
      await goOn.promise
      await sql`select 2`.execute(next)
    })
    await later.promise
    throw new Error('over')
  })
  await assert.rejects(first, { message: 'over' })
  await end(await later.promise)
  await sql`select 1`.execute(other.db)
  goOn.resolve()
  await assert.rejects(second ?? Promise.resolve(), { name: 'DatabaseAwayError' })
})
