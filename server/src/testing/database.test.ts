import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { connectDatabase } from '../database/connect.ts'
import { createTestDatabase } from './database.ts'

test('test databases made at once are migrated and do not see each other', async (t) => {
  const databases = await Promise.all(Array.from({ length: 4 }, () => createTestDatabase()))
  t.after(() => Promise.all(databases.map(({ drop }) => drop())))
  assert.equal(new Set(databases.map(({ url }) => url)).size, 4)

  for (const { url } of databases) {
    const { db, close } = connectDatabase(url, { connections: 1 })
    try {
      const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
      assert.ok(rows.length > 0)
      await sql`create table only_here (id int)`.execute(db)
    } finally {
      await close()
    }
  }
})

test('a dropped test database is gone though someone is connected', async () => {
  const { url, drop } = await createTestDatabase()
  const { db, close } = connectDatabase(url, { connections: 1 })
  await sql`select 1`.execute(db)
  await drop()
  await assert.rejects(sql`select 1`.execute(db))
  await close()
})
