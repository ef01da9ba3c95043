import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestDatabase } from '../testing/database.ts'
import { uuidv7 } from '../uuid.ts'
import { connectDatabase } from './connect.ts'
import { inTenant } from './in-tenant.ts'

test('a transaction whose connection goes between two statements fails, and the pool goes on whole', async (t) => {
  const database = await createTestDatabase()
  t.after(() => database.drop())
  const connections = 2
  const { db, close } = connectDatabase(database.url, { connections })
  t.after(close)
  const other = connectDatabase(database.url, { connections: 1 })
  t.after(other.close)
  const tenantId = uuidv7()
  await db.insertInto('tenants').values({ id: tenantId, name: 'one' }).execute()

  for (const handle of [db, inTenant(db, tenantId)]) {
    // More often than the pool has connections: none may be lost with its transaction.
    for (let round = 0; round <= connections; round += 1) {
      const transaction = handle.transaction().execute(async (tx) => {
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
        const pid = rows[0]?.pid ?? 0
        await sql`select pg_terminate_backend(${pid}, 5000)`.execute(other.db)
        // By now the end of the connection has come, too.
        await sql`select 1`.execute(other.db)
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
