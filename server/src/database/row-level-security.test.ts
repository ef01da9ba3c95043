import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { createTestDatabase } from '../testing/database.ts'
import { defer } from '../testing/defer.ts'
import { dropConstraintsAndTriggers, insertAnyRow, tablesWith } from '../testing/row-of-each-table.ts'
import { uuidv7 } from '../uuid.ts'
import { connectDatabase } from './connect.ts'
import { inTenant } from './in-tenant.ts'
import type { Database } from './schema.ts'

async function testDatabase(t: TestContext): Promise<Kysely<Database>> {
  const database = await createTestDatabase()
  defer(t, () => database.drop())
  const { db, close } = connectDatabase(database.url)
  defer(t, close)
  return db
}

/** Any table by name: the types of the schema know no such thing. */
const anyTable = (db: Kysely<Database>) => db as unknown as Kysely<never>

async function twoTenants(db: Kysely<Database>) {
  const [mine, theirs] = [uuidv7(), uuidv7()]
  for (const id of [mine, theirs])
    await db
      .insertInto('tenants')
      .values({ id, name: `tenant ${id}` })
      .execute()
  return { mine, theirs }
}

function insertKeys(db: Kysely<Database>, tenant_id: string, names: string[]) {
  const rows = names.map((name) => ({
    id: `${tenant_id}-${name}`,
    tenant_id,
    name,
    hash: Buffer.alloc(32),
    scopes: [],
  }))
  return db.insertInto('api_keys').values(rows).execute()
}

const notVisible = { code: '42501' }

test('S47 no statement of one tenant reads, adds, changes or removes another tenant’s row, in any table', async (t) => {
  const db = await testDatabase(t)
  const tables = await tablesWith(anyTable(db), 'tenant_id')
  assert.ok(tables.length >= 9, tables.join())
  const places = [...tables.map((table) => [table, 'tenant_id'] as const), ['tenants', 'id'] as const]
  await dropConstraintsAndTriggers(anyTable(db), [...tables, 'tenants'])
  const [mine, theirs] = [uuidv7(), uuidv7()]
  const own = anyTable(inTenant(db, mine))

  for (const [table, column] of places) {
    await (await insertAnyRow(anyTable(db), table, column, theirs)).execute(anyTable(db))
    const name = sql.table(table)
    const count = async (handle: Kysely<never>) => {
      const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${name}`.execute(handle)
      return rows[0]?.count
    }
    const before = await count(anyTable(db))
    assert.equal(await count(own), 0, `${table} is read`)
    const changed = await sql`update ${name} set ${sql.ref(column)} = ${sql.ref(column)}`.execute(own)
    assert.equal(changed.numAffectedRows, 0n, `${table} is changed`)
    const removed = await sql`delete from ${name}`.execute(own)
    assert.equal(removed.numAffectedRows, 0n, `${table} is emptied`)
    const foreign = await insertAnyRow(anyTable(db), table, column, theirs)
    await assert.rejects(foreign.execute(own), notVisible, `${table} takes a row of another tenant`)
    assert.equal(await count(anyTable(db)), before, table)

    await (await insertAnyRow(anyTable(db), table, column, mine)).execute(own)
    assert.equal(await count(own), 1, `${table} hides a tenant’s own row`)
    const given = sql`update ${name} set ${sql.ref(column)} = ${theirs}::uuid`.execute(own)
    await assert.rejects(given, notVisible, `${table} lets a row be given away`)
  }
})

test('reads of every shape see one tenant, and are one statement where they are plain', async (t) => {
  const db = await testDatabase(t)
  const { mine, theirs } = await twoTenants(db)
  await insertKeys(db, mine, ['a', 'b'])
  await insertKeys(db, theirs, ['c', 'd', 'e'])
  const own = inTenant(db, mine)
  const keys = own.selectFrom('api_keys')

  assert.equal((await keys.selectAll().execute()).length, 2)
  assert.equal((await keys.selectAll().where('tenant_id', '=', theirs).execute()).length, 0)
  const either = sql<boolean>`name = 'a' or name = 'c'`
  assert.equal((await keys.select('name').where(either).execute()).length, 1)
  const { count } = await keys.select((row) => row.fn.countAll<string>().as('count')).executeTakeFirstOrThrow()
  assert.equal(count, '2')
  const { last } = await keys.select((row) => row.fn.max('name').as('last')).executeTakeFirstOrThrow()
  assert.equal(last, 'b')
  const joined = keys.fullJoin('tenants', 'tenants.id', 'api_keys.tenant_id').select(['api_keys.name', 'tenants.id'])
  assert.deepEqual(new Set((await joined.execute()).map(({ id }) => id)), new Set([mine]))
  const nested = own
    .selectFrom((from) => from.selectFrom('api_keys').select('name').orderBy('name', 'desc').limit(4).as('newest'))
    .selectAll()
    .where('name', 'in', (where) => where.selectFrom('api_keys').select('name'))
  assert.equal((await nested.execute()).length, 2)
  const both = keys.select('name').unionAll(own.selectFrom('api_keys').select('name'))
  assert.equal((await both.execute()).length, 4)
  const counted = own
    .with('seen', (seen) => seen.selectFrom('api_keys').select('name'))
    .selectFrom('seen')
    .selectAll()
  assert.equal((await counted.execute()).length, 2)
  const locked = keys.selectAll().orderBy('name').limit(1).forUpdate().skipLocked()
  assert.equal((await locked.execute()).length, 1)
  assert.equal((await sql`select from api_keys`.execute(own)).rows.length, 2)
  assert.match(keys.selectAll().compile().sql, /set_config/)
})

test('transactions are one tenant’s from beginning to end, and leave nothing behind', async (t) => {
  const db = await testDatabase(t)
  const { mine, theirs } = await twoTenants(db)
  await insertKeys(db, theirs, ['c'])
  const own = inTenant(db, mine)
  await own
    .transaction()
    .setIsolationLevel('serializable')
    .execute(async (tx) => {
      await insertKeys(tx, mine, ['a'])
      assert.equal((await sql`select from api_keys`.execute(tx)).rows.length, 1)
      assert.equal((await tx.selectFrom('api_keys').selectAll().execute()).length, 1)
    })
  const failed = own.transaction().execute(async (tx) => {
    await insertKeys(tx, mine, ['b'])
    throw new Error('changed my mind')
  })
  await assert.rejects(failed, /changed my mind/)
  assert.equal((await own.selectFrom('api_keys').selectAll().execute()).length, 1)
  assert.equal(inTenant(own, mine), own)
  assert.throws(() => inTenant(own, theirs), /connectDatabase/)
})

test('statements that fail tell why and leave their connection clean', async (t) => {
  const db = await testDatabase(t)
  const { mine, theirs } = await twoTenants(db)
  const own = inTenant(db, mine)
  for (let attempt = 0; attempt < 30; attempt += 1) {
    await assert.rejects(insertKeys(own, theirs, ['x']), notVisible)
    await assert.rejects(sql`select nothing from nowhere`.execute(own), { code: '42P01' })
  }
  await insertKeys(own, mine, ['a'])
  await assert.rejects(insertKeys(own, mine, ['a']), { code: '23505' })
  assert.equal((await own.selectFrom('api_keys').selectAll().execute()).length, 1)
})

test('two tenants at once, on fewer connections than statements, never see each other', async (t) => {
  const db = await testDatabase(t)
  const { mine, theirs } = await twoTenants(db)
  await Promise.all(
    [mine, theirs].flatMap((tenant) =>
      Array.from({ length: 60 }, async (_, index) => {
        const own = inTenant(db, tenant)
        await insertKeys(own, tenant, [String(index)])
        const seen = index % 2 === 0 ? await own.selectFrom('api_keys').select('tenant_id').execute() : []
        const raw = await sql<{ tenant_id: string }>`select tenant_id from api_keys`.execute(own)
        for (const { tenant_id } of [...seen, ...raw.rows]) assert.equal(tenant_id, tenant)
        assert.ok(raw.rows.length > 0)
      }),
    ),
  )
})

test('a connection that names no tenant sees nothing', async (t) => {
  const db = await testDatabase(t)
  const { mine } = await twoTenants(db)
  await insertKeys(db, mine, ['a'])
  for (const setting of ['', mine.replaceAll('-', '')]) {
    await db.transaction().execute(async (tx) => {
      await sql`select set_config('sluice.tenant_id', ${setting}, true)`.execute(tx)
      const { rows } = await sql`select from api_keys`.execute(tx)
      assert.equal(rows.length, setting === '' ? 0 : 1)
    })
  }
})
